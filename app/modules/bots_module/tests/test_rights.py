"""What a bot may do in a chat: the lower of its own role and its owner's, and nothing where the owner is no member."""

import asyncio
from functools import partial

import pytest

from app.modules.accounts_module.tests.erasing import begin
from app.modules.bots_module.tests.bots import add, create_bot, role_of
from app.utils.container import Container
from tests.busy import at_once, when_not_busy
from tests.fakers import FakeClient, FakeSocket, eventually, ok, problem


@pytest.fixture
async def bot(boris: FakeClient) -> FakeClient:
    """A bot of Boris, who is a member of the club."""
    return await create_bot(boris)


async def set_role(actor: FakeClient, chat_id: str, member: FakeClient, role: str) -> None:
    ok(await when_not_busy(lambda: actor.patch(f"/chats/{chat_id}/members/{member.id}", {"role": role})))


async def test_a_bot_has_at_most_the_role_of_its_owner(
    anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str
) -> None:
    await add(anna, club, bot, "admin")
    assert await role_of(anna, club, bot) == "member"
    problem(await bot.patch(f"/chats/{club}", {"title": "Захвачено"}), 403, "forbidden")
    await bot.send(club, "Привет")
    added = (await anna.events(club))[-2]
    assert (added["kind"], added["data"]["role"]) == ("member.added", "member")


async def test_a_bot_loses_a_right_with_its_owner_and_gets_it_back(
    anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str, live_server: str
) -> None:
    await set_role(anna, club, boris, "admin")
    await add(anna, club, bot, "admin")
    ok(await bot.patch(f"/chats/{club}", {"title": "Клуб бота"}))
    async with FakeSocket(bot, live_server) as socket:
        await set_role(anna, club, boris, "reader")
        problem(await bot.patch(f"/chats/{club}", {"title": "Захвачено"}), 403, "forbidden")
        problem(await bot.post(f"/chats/{club}/messages", {"text": "Нельзя"}), 403, "forbidden")
        assert (await socket.begin("send", chat_id=club, text="Нельзя"))["error"]["status"] == 403
        ok(await bot.get(f"/chats/{club}/messages"))
        await socket.until(lambda: socket.kinds(club).count("member.changed") == 2)
    changes = [event["data"] for event in await anna.events(club) if event["kind"] == "member.changed"]
    assert {(change["account_id"], change["role"], change["actor_id"]) for change in changes[-2:]} == {
        (boris.id, "reader", anna.id),
        (bot.id, "reader", anna.id),
    }
    await set_role(anna, club, boris, "member")
    await bot.send(club, "Снова можно")
    assert await role_of(anna, club, bot) == "member"
    await set_role(anna, club, boris, "owner")
    assert await role_of(anna, club, bot) == "admin"


async def test_only_the_owner_of_a_chat_takes_the_admin_role_from_a_bot_whose_own_owner_has_a_lower_one(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, bot: FakeClient, club: str
) -> None:
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [clara.id], "role": "admin"}))
    await add(anna, club, bot, "admin")
    assert await role_of(anna, club, bot) == "member"
    problem(await clara.patch(f"/chats/{club}/members/{bot.id}", {"role": "reader"}), 403, "forbidden")
    await set_role(anna, club, boris, "admin")
    assert await role_of(anna, club, bot) == "admin"
    await set_role(anna, club, bot, "member")
    await set_role(clara, club, bot, "reader")


async def test_a_bot_leaves_with_its_owner(
    anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str, live_server: str
) -> None:
    await add(anna, club, bot)
    async with FakeSocket(bot, live_server) as socket:
        ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
        problem(await bot.get(f"/chats/{club}"), 404, "not_found")
        problem(await bot.post(f"/chats/{club}/messages", {"text": "Нельзя"}), 404, "not_found")
        await anna.send(club, "Без Бориса и его бота")
        await socket.until(lambda: "chat.left" in socket.kinds(bot.id))
    assert socket.kinds(club) == ["member.removed"]
    assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 1
    removed = [event["data"] for event in await anna.events(club) if event["kind"] == "member.removed"]
    assert [(each["account_id"], each["reason"]) for each in removed] == [(bot.id, "removed"), (boris.id, "removed")]


async def test_a_bot_cannot_be_where_its_owner_is_no_member(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, club: str
) -> None:
    bot = await create_bot(clara)
    members = f"/chats/{club}/members"
    problem(await anna.post(members, {"account_ids": [bot.id]}), 403, "forbidden")
    problem(await anna.post("/chats", {"type": "group", "member_ids": [bot.id]}), 403, "forbidden")
    problem(await anna.post("/chats", {"type": "direct", "member_ids": [bot.id]}), 403, "forbidden")
    # Together with the owner it may come.
    ok(await anna.post(members, {"account_ids": [bot.id, clara.id]}))
    ok(await bot.get(f"/chats/{club}"))
    direct = await clara.open_chat(bot, type="direct")
    await bot.send(direct, "Привет, хозяйка")


async def test_a_bot_owns_no_chat(anna: FakeClient, club: str) -> None:
    bot = await create_bot(anna)
    await add(anna, club, bot, "admin")
    problem(await bot.post("/chats", {"type": "group", "member_ids": [anna.id]}), 403, "forbidden")
    problem(await anna.patch(f"/chats/{club}/members/{bot.id}", {"role": "owner"}), 403, "forbidden")
    assert await role_of(anna, club, anna) == "owner"


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_bot_gets_no_chat_when_the_owner_of_the_chat_is_erased(
    anna: FakeClient, boris: FakeClient, bot: FakeClient, container: Container
) -> None:
    club = await anna.open_chat(boris, bot, title="Клуб")
    await set_role(anna, club, boris, "admin")
    await set_role(anna, club, bot, "admin")
    await begin(container, anna)

    async def has_passed() -> bool:
        return bool(ok(await boris.get(f"/chats/{club}"))["owner_id"] == boris.id)

    await eventually(has_passed)
    assert await role_of(boris, club, bot) == "admin"


async def test_concurrent_changes_leave_the_bot_with_at_most_the_role_of_its_owner(
    anna: FakeClient, boris: FakeClient, bot: FakeClient, club: str
) -> None:
    await add(anna, club, bot)
    order = ("reader", "member", "admin")
    for role in ("admin", "reader", "member"):
        await asyncio.gather(
            *(set_role(anna, club, boris, each) for each in ("admin", role)),
            *(set_role(anna, club, bot, each) for each in ("reader", "admin")),
        )
        roles = [await role_of(anna, club, member) for member in (bot, boris)]
        assert order.index(roles[0] or "") <= order.index(roles[1] or "")


async def test_a_bot_removed_while_its_owner_leaves_is_out(
    anna: FakeClient, boris: FakeClient, bot: FakeClient
) -> None:
    for _ in range(5):
        club = await anna.open_chat(boris, bot, title="Клуб")
        answers = await at_once(
            partial(boris.delete, f"/chats/{club}/members/{boris.id}"),
            partial(anna.delete, f"/chats/{club}/members/{bot.id}"),
        )
        assert {answer.status_code for answer in answers} <= {204, 404}
        assert ok(await anna.get(f"/chats/{club}"))["member_count"] == 1
