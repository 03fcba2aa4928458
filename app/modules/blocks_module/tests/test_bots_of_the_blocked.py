"""What a blocked account cannot do or see, its bots cannot do or see."""

from app.modules.blocks_module.tests.blocking import block, unblock
from app.modules.bots_module.tests.bots import create_bot
from tests.fakers import FakeClient, FakeSocket, eventually, ok, problem


async def test_the_bot_of_the_blocked_adds_the_account_to_no_chat(anna: FakeClient, boris: FakeClient) -> None:
    bot = await create_bot(boris)
    club = await boris.open_chat(bot)
    ok(await boris.patch(f"/chats/{club}/members/{bot.id}", {"role": "admin"}))
    await block(anna, boris)
    refused = problem(await bot.post(f"/chats/{club}/members", {"account_ids": [anna.id]}), 403, "forbidden")
    assert "block" not in str(refused).lower()
    await unblock(anna, boris)
    ok(await bot.post(f"/chats/{club}/members", {"account_ids": [anna.id]}))


async def test_what_is_hidden_from_the_blocked_is_hidden_from_their_bots(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, live_server: str
) -> None:
    bot = await create_bot(boris)
    club = await clara.open_chat(anna, boris, bot)
    async with FakeSocket(bot, live_server) as socket, FakeSocket(clara, live_server) as other:
        await block(anna, boris)
        async with FakeSocket(bot, live_server) as later, FakeSocket(anna, live_server) as own:
            await own.ask("typing", chat_id=club, is_typing=True)
            await other.until(lambda: any(each["account_id"] == anna.id for each in other.signals))
            await other.ask("typing", chat_id=club, is_typing=True)
            await socket.until(lambda: "typing" in {each["kind"] for each in socket.signals})
            await later.until(lambda: "typing" in {each["kind"] for each in later.signals})
            assert anna.id not in {each["account_id"] for each in (*socket.signals, *later.signals)}
            assert ok(await bot.get(f"/accounts/{anna.id}"))["online"] is False
            await unblock(anna, boris)
            assert ok(await bot.get(f"/accounts/{anna.id}"))["online"] is True

            async def is_shown() -> bool:
                await own.ask("typing", chat_id=club, is_typing=True)
                return any(each["account_id"] == anna.id for each in socket.signals)

            await eventually(is_shown)
