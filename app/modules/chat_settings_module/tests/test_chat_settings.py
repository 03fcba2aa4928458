"""Each member's own settings of a chat."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.modules.accounts_module.tests.erasing import erase_row_by_row
from app.modules.chat_settings_module.services import SETTINGS_OF_ACCOUNT
from app.utils.container import Container
from tests.busy import at_once
from tests.databases import rows
from tests.fakers import FakeClient, ok, problem

DEFAULTS = {"muted_until": None, "is_archived": False, "is_pinned": False, "notify": "all"}
CHANGED = {"muted_until": "2030-01-02T12:00:00Z", "is_archived": True, "is_pinned": True, "notify": "mentions"}


async def settings_of(user: FakeClient, chat_id: str) -> dict[str, Any]:
    chat = ok(await user.get(f"/chats/{chat_id}"))
    (listed,) = [one for one in ok(await user.get("/chats"))["items"] if one["id"] == chat_id]
    assert listed["settings"] == chat["settings"]
    return dict(chat["settings"])


async def changes(user: FakeClient) -> list[dict[str, Any]]:
    return [event["data"] for event in await user.own_events() if event["kind"] == "chat.settings_changed"]


async def test_a_member_changes_settings_that_no_other_member_sees(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    assert await settings_of(anna, club) == DEFAULTS
    assert ok(await anna.put(f"/chats/{club}/settings", CHANGED)) == CHANGED
    assert await settings_of(anna, club) == CHANGED
    assert await settings_of(boris, club) == DEFAULTS
    assert await changes(anna) == [{"chat_id": club, **CHANGED}]
    assert await changes(boris) == []
    assert "settings" not in str(await boris.events(club))


async def test_omitted_settings_stay_and_null_ends_the_muting(anna: FakeClient, club: str) -> None:
    path = f"/chats/{club}/settings"
    ok(await anna.put(path, CHANGED))
    assert ok(await anna.put(path, {"is_archived": False})) == CHANGED | {"is_archived": False}
    assert ok(await anna.put(path, {"muted_until": None})) == CHANGED | {"is_archived": False, "muted_until": None}


async def test_two_devices_that_change_different_settings_at_once_lose_none(anna: FakeClient, club: str) -> None:
    path = f"/chats/{club}/settings"
    await at_once(*(partial(anna.put, path, {name: value}) for name, value in CHANGED.items()))
    assert await settings_of(anna, club) == CHANGED
    assert (await changes(anna))[-1] == {"chat_id": club, **CHANGED}


async def test_what_changes_nothing_is_no_event(anna: FakeClient, club: str) -> None:
    path = f"/chats/{club}/settings"
    assert ok(await anna.put(path, {})) == DEFAULTS
    assert ok(await anna.put(path, DEFAULTS)) == DEFAULTS
    ok(await anna.put(path, CHANGED))
    assert ok(await anna.put(path, CHANGED)) == CHANGED
    assert len(await changes(anna)) == 1


async def test_a_time_in_another_zone_is_the_same_moment_in_utc(anna: FakeClient, club: str) -> None:
    path = f"/chats/{club}/settings"
    moment = {"muted_until": "2030-01-02T15:00:00+03:00"}
    assert (
        ok(await anna.put(path, moment))
        == await settings_of(anna, club)
        == DEFAULTS | {"muted_until": "2030-01-02T12:00:00Z"}
    )
    ok(await anna.put(path, {"muted_until": "2030-01-02T12:00:00Z"}))
    assert [change["muted_until"] for change in await changes(anna)] == ["2030-01-02T12:00:00Z"]


async def test_settings_end_with_the_membership(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    ok(await boris.put(f"/chats/{club}/settings", CHANGED))
    ok(await boris.delete(f"/chats/{club}/members/{boris.id}"))
    assert await stored(container, boris) == []
    problem(await boris.put(f"/chats/{club}/settings", CHANGED), 404, "not_found")
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))
    assert await settings_of(boris, club) == DEFAULTS


async def test_settings_changed_while_leaving_end_with_the_membership(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    for _ in range(5):
        await at_once(
            lambda: boris.put(f"/chats/{club}/settings", CHANGED),
            lambda: boris.delete(f"/chats/{club}/members/{boris.id}"),
        )
        assert await stored(container, boris) == []
        ok(await anna.post(f"/chats/{club}/members", {"account_ids": [boris.id]}))


async def test_erasing_an_account_deletes_its_settings_of_direct_chats(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, container: Container
) -> None:
    chats = [await anna.open_chat(other, type="direct") for other in (boris, clara)]
    for chat_id in chats:
        ok(await anna.put(f"/chats/{chat_id}/settings", CHANGED))
    ok(await boris.put(f"/chats/{chats[0]}/settings", CHANGED))
    assert await erase_row_by_row(container, SETTINGS_OF_ACCOUNT, anna, 3) == [True, True, False]
    assert await stored(container, anna) == []
    assert await settings_of(boris, chats[0]) == CHANGED


@pytest.mark.parametrize(
    "body",
    [
        {"notify": "sometimes"},
        {"notify": None},
        {"is_archived": None},
        {"is_pinned": "perhaps"},
        {"muted_until": "tomorrow"},
        {"muted_until": "20301231"},
        {"muted_until": "2030-01-02T12:00:00"},
        {"muted_until": "9999-12-31T23:59:59Z"},
        {"muted_for": 60},
        [],
    ],
)
async def test_what_cannot_be_set_is_refused_and_changes_nothing(anna: FakeClient, club: str, body: Any) -> None:
    problem(await anna.put(f"/chats/{club}/settings", body), 422, "validation_error")
    assert await settings_of(anna, club) == DEFAULTS


async def test_settings_of_a_chat_that_does_not_exist_are_not_found(anna: FakeClient) -> None:
    problem(await anna.put(f"/chats/{uuid4()}/settings", CHANGED), 404, "not_found")


async def stored(container: Container, user: FakeClient) -> list[UUID]:
    found = await rows(container, "SELECT chat_id FROM chat_settings WHERE account_id = $1", user.uuid)
    return [row["chat_id"] for row in found]
