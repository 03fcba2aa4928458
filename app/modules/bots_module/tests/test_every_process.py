"""What the owner of a bot loses, the bot loses in every process, and on its open sockets."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from app.modules.bots_module.tests.bots import add, create_bot
from tests.fakers import PASSWORD, FakeClient, FakeSocket, eventually, ok


async def demoted(anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str) -> None:
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))


async def removed(anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str) -> None:
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))


async def gone(anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str) -> None:
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))


async def deactivated(anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str) -> None:
    ok(await boris.post("/accounts/me/deactivate", {"password": PASSWORD, "messages": "keep"}))


async def without_a_key(anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str) -> None:
    (key,) = ok(await boris.get(f"/bots/{bot.id}/keys"))["items"]
    ok(await boris.delete(f"/bots/{bot.id}/keys/{key['id']}"))


async def without_the_bot(anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str) -> None:
    ok(await boris.delete(f"/bots/{bot.id}?messages=keep"))


Loss = Callable[[FakeClient, FakeClient, FakeClient, str], Awaitable[None]]


@pytest.mark.parametrize(
    ("lose", "sending", "reading"),
    [
        (demoted, 403, 200),
        (removed, 404, 404),
        (gone, 404, 404),
        (deactivated, 401, 401),
        (without_a_key, 401, 401),
        (without_the_bot, 401, 401),
    ],
)
async def test_a_bot_loses_a_right_in_every_process_and_on_every_socket(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    live_server: str,
    other_server: str,
    lose: Loss,
    sending: int,
    reading: int,
) -> None:
    bot = await create_bot(boris)
    await add(anna, club, bot)
    path, body = f"/chats/{club}/messages", {"text": "Работаю"}
    async with AsyncExitStack() as stack:
        programs, sockets = [], []
        for address in (live_server, other_server):
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://{address}", timeout=60))
            programs.append(FakeClient(http, headers=bot.headers))
            sockets.append(await stack.enter_async_context(FakeSocket(bot, address)))
        for program, socket in zip(programs, sockets, strict=True):
            ok(await program.post(path, body))
            await socket.ask("send", chat_id=club, text="Работаю")
        for socket in sockets:
            await socket.until(lambda socket=socket: socket.kinds(club).count("message.created") == 4)  # type: ignore[misc]
        await lose(anna, boris, bot, club)
        for program, socket in zip(programs, sockets, strict=True):

            async def is_refused(program: FakeClient = program) -> bool:
                return (await program.get(path)).status_code == reading

            # The process that made the change refuses at once, the other one as soon as it knows.
            await eventually(is_refused)
            assert (await program.post(path, body)).status_code == sending
            if sending == 401:
                await socket.until(lambda socket=socket: socket.close_code is not None)  # type: ignore[misc]
                assert socket.close_code == 4401
            else:
                assert (await socket.begin("send", chat_id=club, **body))["error"]["status"] == sending
        await anna.send(club, "Без бота")
        if reading == 404:
            await boris.open_chat(bot, title="Другой чат")
            for socket in sockets:
                await socket.until(lambda socket=socket: "chat.joined" in socket.kinds(bot.id))  # type: ignore[misc]
                assert socket.kinds(club).count("message.created") == 4
