"""The commands of bots, and what members of a chat see of them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.modules.base_module.services.cursors import encode_cursor
from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.commands_module import db
from app.utils.container import Container
from tests.fakers import PASSWORD, FakeClient, ok, problem

ROLL: dict[str, Any] = {"name": "roll", "description": "Бросить кубик 🎲"}
HELP: dict[str, Any] = {"name": "help_2", "description": "Что я умею"}


@pytest.fixture
async def bot(anna: FakeClient, club: str) -> FakeClient:
    """A bot of Anna in the club, with the two commands."""
    bot = await create_bot(anna)
    await add(anna, club, bot)
    ok(await anna.put(f"/bots/{bot.id}/commands", [ROLL, HELP]))
    return bot


async def commands_in(user: FakeClient, chat_id: str) -> list[tuple[str, str]]:
    """Returns the bots and names of all commands of a chat, read in pages of two."""
    found: list[tuple[str, str]] = []
    cursor = ""
    while cursor is not None:
        page = ok(await user.get(f"/chats/{chat_id}/commands", limit=2, cursor=cursor))
        found += [(command["account_id"], command["name"]) for command in page["items"]]
        cursor = page["next_cursor"]
    return found


async def test_members_see_the_commands_of_the_bots_of_a_chat_in_their_order(
    anna: FakeClient, boris: FakeClient, club: str, bot: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = ok(await boris.get(f"/chats/{club}/commands"))
    assert page == {"items": [{**each, "account_id": bot.id} for each in (ROLL, HELP)], "next_cursor": None}
    other, silent = await create_bot(boris), await create_bot(boris)
    for each in (other, silent):
        await add(anna, club, each)
    many = [{"name": f"c{number}", "description": "x"} for number in range(5)]
    ok(await boris.put(f"/bots/{other.id}/commands", many))
    outside = await create_bot(boris)
    ok(await boris.put(f"/bots/{outside.id}/commands", many))
    expected = {bot.id: ["roll", "help_2"], other.id: [each["name"] for each in many]}
    in_order = [(bot_id, name) for bot_id in sorted(expected) for name in expected[bot_id]]
    assert await commands_in(anna, club) == in_order
    monkeypatch.setattr(db, "_FEW_MEMBERS", 0)
    assert await commands_in(anna, club) == in_order


async def test_a_new_list_replaces_the_old_one_and_the_owner_and_the_bot_learn_of_it(
    anna: FakeClient, club: str, bot: FakeClient
) -> None:
    path = f"/bots/{bot.id}/commands"
    assert ok(await bot.put(path, [HELP])) == {"items": [HELP], "next_cursor": None}
    for user in (anna, bot):
        assert ok(await user.get(path))["items"] == [HELP]
        events = [event["data"] for event in await user.own_events() if event["kind"] == "commands.changed"]
        assert events == [{"bot_id": bot.id}] * 2
    ok(await bot.put(path, [HELP]))
    assert [event["kind"] for event in await anna.own_events()].count("commands.changed") == 2
    ok(await bot.put(path, []))
    assert await commands_in(anna, club) == []


async def test_a_page_that_has_not_changed_is_not_sent_again(
    anna: FakeClient, boris: FakeClient, club: str, bot: FakeClient
) -> None:
    path = f"/chats/{club}/commands"
    etag = (await boris.get(path)).headers["etag"]
    boris.headers["If-None-Match"] = f'"other", W/{etag}'
    same = await boris.get(path)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    ok(await anna.put(f"/bots/{bot.id}/commands", [HELP, ROLL]))
    assert (await boris.get(path)).headers["etag"] != etag


async def test_no_other_account_and_no_other_bot_changes_or_reads_them(
    anna: FakeClient, boris: FakeClient, club: str, bot: FakeClient
) -> None:
    sibling = await create_bot(anna)
    for user, bot_id in ((boris, bot.id), (sibling, bot.id), (anna, anna.id), (anna, club), (anna, str(uuid4()))):
        problem(await user.put(f"/bots/{bot_id}/commands", [HELP]), 404, "not_found")
        problem(await user.get(f"/bots/{bot_id}/commands"), 404, "not_found")
    assert len(await commands_in(anna, club)) == 2


@pytest.mark.parametrize(
    ("commands", "place"),
    [
        ({}, []),
        ([ROLL] * 101, []),
        ([HELP, "roll"], [1]),
        ([HELP, ROLL, {"name": "roll", "description": "x"}], [2, "name"]),
        ([ROLL | {"extra": 1}], [0, "extra"]),
        *(([ROLL | {"name": name}], [0, "name"]) for name in ("", "a" * 33, "Roll", "/roll", "ru\n", "бросок", None)),
        *(
            ([ROLL | {"description": text}], [0, "description"])
            for text in ("", " ", "x" * 257, "a\nb", "\u202ex", "\x00", "\u200b", None)
        ),
    ],
)
async def test_a_wrong_list_is_refused_as_a_whole(
    anna: FakeClient, bot: FakeClient, commands: Any, place: list[str | int]
) -> None:
    error = problem(await anna.put(f"/bots/{bot.id}/commands", commands), 422, "validation_error")
    assert error["errors"][0]["loc"] == ["body", *place]
    assert ok(await anna.get(f"/bots/{bot.id}/commands"))["items"] == [ROLL, HELP]


async def test_a_made_up_cursor_is_refused(anna: FakeClient, club: str) -> None:
    for place in (-1, 10**6, 2**62, "x"):
        cursor = encode_cursor(UUID(club), place, of="commands")
        problem(await anna.get(f"/chats/{club}/commands", cursor=cursor), 422, "validation_error")


async def test_of_concurrent_lists_one_is_stored_whole(anna: FakeClient, bot: FakeClient) -> None:
    lists = [[{"name": f"c{place}", "description": str(number)} for place in range(9)] for number in range(5)]
    await asyncio.gather(*(anna.put(f"/bots/{bot.id}/commands", each) for each in lists))
    assert ok(await anna.get(f"/bots/{bot.id}/commands"))["items"] in lists


async def test_a_bot_that_leaves_takes_its_commands_along(anna: FakeClient, club: str, bot: FakeClient) -> None:
    ok(await anna.delete(f"/chats/{club}/members/{bot.id}"))
    assert await commands_in(anna, club) == []


async def test_the_commands_of_a_bot_whose_owner_is_leaving_are_not_shown(
    anna: FakeClient, boris: FakeClient, club: str, bot: FakeClient
) -> None:
    ok(await anna.post("/accounts/me/deactivate", {"password": PASSWORD, "messages": "keep"}))
    assert await commands_in(boris, club) == []
    await anna.sign_in()
    assert len(await commands_in(boris, club)) == 2


@pytest.mark.usefixtures("erasing_at_once")
async def test_a_deleted_bot_leaves_no_commands(
    anna: FakeClient, club: str, bot: FakeClient, container: Container, connection: Connection
) -> None:
    await erase(container, connection, bot)
    assert await commands_in(anna, club) == []
    assert await connection.fetchval("SELECT count(*) FROM bot_command") == 0


async def test_a_message_that_begins_with_a_command_says_so(anna: FakeClient, club: str) -> None:
    sent = await anna.send(club, "/roll 20")
    assert sent["entities"] == [{"type": "command", "offset": 0, "length": 5, "name": "roll"}]
