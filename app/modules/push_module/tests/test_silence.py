"""Messages of which a device is not notified."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.adapters.db.database import Database
from app.modules.push_module.db.cruds.planning import NewMessage
from app.modules.push_module.services.choosing import choose
from app.modules.push_module.tests.devices import Device, let_time_pass, until_idle
from app.services.context import Context
from app.utils.container import Container
from tests.fakers import FakeClient, ok


async def bodies(device: Device, container: Container) -> list[str]:
    await until_idle(container)
    return [shown["body"].removeprefix("Анна: ") for shown in device.received]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("own", "in_chat", "expected"),
    [
        ({}, {}, ["hi", "@you", "@all"]),
        ({"push": "mentions"}, {}, ["@you", "@all"]),
        ({"push": "none"}, {}, []),
        ({}, {"notify": "mentions"}, ["@you", "@all"]),
        ({}, {"notify": "none"}, []),
        ({}, {"muted_until": "2100-01-01T00:00:00Z"}, ["@you", "@all"]),
        ({"push": "none"}, {"notify": "all"}, []),
        ({"push": "mentions"}, {"notify": "none"}, []),
    ],
)
async def test_the_lower_level_of_the_account_and_the_chat_counts(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    phone: Device,
    container: Container,
    own: dict[str, Any],
    in_chat: dict[str, Any],
    expected: list[str],
) -> None:
    ok(await boris.put("/accounts/me/notifications", own))
    ok(await boris.put(f"/chats/{club}/settings", in_chat))
    found: list[str] = []
    for text in ("hi", f"@{boris.username}", "@all"):
        await anna.send(club, text)
        found = await bodies(phone, container)
    assert [body.replace(boris.username, "you") for body in found] == expected


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("in_chat", "expected"), [({}, ["hi", "@you"]), ({"notify": "mentions"}, ["@you"]), ({"notify": "none"}, [])]
)
async def test_an_account_that_asks_for_mentions_is_notified_of_all_of_a_direct_chat_that_does_not_lower_it(
    anna: FakeClient,
    boris: FakeClient,
    phone: Device,
    container: Container,
    in_chat: dict[str, Any],
    expected: list[str],
) -> None:
    ok(await boris.put("/accounts/me/notifications", {"push": "mentions"}))
    chat_id = await anna.open_chat(boris, type="direct")
    ok(await boris.put(f"/chats/{chat_id}/settings", in_chat))
    found: list[str] = []
    for text in ("hi", f"@{boris.username}"):
        await anna.send(chat_id, text)
        found = await bodies(phone, container)
    assert [body.replace(boris.username, "you") for body in found] == expected


async def _read(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await boris.put(f"/chats/{club}/read", {"seq": 1}))


async def _answer(anna: FakeClient, boris: FakeClient, club: str) -> None:
    await boris.send(club, "Уже вижу")


async def _delete(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await anna.delete(f"/chats/{club}/messages/1"))


async def _remove(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))


async def _delete_chat(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await anna.delete(f"/chats/{club}"))


async def _mute(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await boris.put(f"/chats/{club}/settings", {"notify": "none"}))


async def _unmention(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await boris.put("/accounts/me/notifications", {"push": "mentions"}))
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Никого"}))


async def _sign_out(anna: FakeClient, boris: FakeClient, club: str) -> None:
    ok(await boris.post("/accounts/sign-out"))


@pytest.mark.usefixtures("held_back")
@pytest.mark.parametrize("act", [_read, _answer, _delete, _remove, _delete_chat, _mute, _unmention, _sign_out])
async def test_what_happens_within_three_seconds_counts(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    phone: Device,
    container: Container,
    act: Callable[[FakeClient, FakeClient, str], Awaitable[None]],
) -> None:
    await anna.send(club, f"@{boris.username}")
    await act(anna, boris, club)
    await let_time_pass(container)
    await until_idle(container)
    assert phone.received == []


@pytest.mark.usefixtures("held_back")
async def test_a_message_just_before_a_block_does_not_notify(
    anna: FakeClient, boris: FakeClient, phone: Device, container: Container
) -> None:
    await anna.send(await anna.open_chat(boris, type="direct"))
    ok(await boris.put(f"/accounts/me/blocks/{anna.id}"))
    await let_time_pass(container)
    await until_idle(container)
    assert phone.received == []


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


@pytest.mark.usefixtures("at_once")
async def test_nothing_is_sent_in_quiet_hours(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, container: Container
) -> None:
    hour, now = timedelta(hours=1), datetime.now(UTC)
    quiet = {"from": clock(now - hour), "to": clock(now + hour)}
    ok(await boris.put("/accounts/me/notifications", {"quiet_hours": quiet}))
    await anna.send(club, "Ночь")
    assert await bodies(phone, container) == []
    ok(await boris.put("/accounts/me/notifications", {"quiet_hours": None}))
    await anna.send(club, "День")
    assert await bodies(phone, container) == ["День"]


NIGHT = {"quiet_hours": {"from": "22:00", "to": "03:00"}, "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("at", "sent_at", "is_notified"),
    [
        # The clock of Berlin is two hours ahead in summer, and one hour in winter: the night of the change.
        ("2026-10-24T19:59:00", "2026-10-24T19:59:00", True),
        ("2026-10-24T20:01:00", "2026-10-24T20:01:00", False),
        ("2026-10-25T01:30:00", "2026-10-25T01:30:00", False),
        ("2026-10-25T02:01:00", "2026-10-25T02:01:00", True),
        # A message of the night is held up until the morning.
        ("2026-10-25T02:01:00", "2026-10-25T01:59:00", False),
        # The night in which it goes ahead.
        ("2026-03-29T00:59:00", "2026-03-29T00:59:00", False),
        ("2026-03-29T01:01:00", "2026-03-29T01:01:00", True),
    ],
)
async def test_quiet_hours_over_midnight_follow_the_clock_of_the_account(
    anna: FakeClient, boris: FakeClient, club: str, container: Container, at: str, sent_at: str, is_notified: bool
) -> None:
    ok(await boris.put("/accounts/me/notifications", NIGHT))
    moment, sent = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (at, sent_at))
    async with container.get(Database).connection() as connection:
        chosen = await choose(
            Context(connection, container, moment),
            UUID(club),
            "group",
            [NewMessage(1, anna.uuid, sent)],
            {boris.uuid: 0},
        )
    assert chosen == ({boris.uuid: 1} if is_notified else {})
