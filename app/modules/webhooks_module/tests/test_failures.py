"""A receiver that fails gets the same event again, later and later; in the end its webhook is paused."""

from datetime import datetime, timedelta

import pytest

from app.modules.webhooks_module.services.delivering import PAUSES
from app.modules.webhooks_module.tests.receiving import (
    Receiver,
    bring_forward,
    create,
    cursor_of,
    delete_events,
    deliveries_of,
    read,
    until_attempts,
)
from app.utils.container import Container
from tests.adapters.http_servers import redirect
from tests.fakers import FakeClient, eventually, ok


def pause_after(attempt: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(attempt["next_at"]) - datetime.fromisoformat(attempt["at"])


async def until_paused(user: FakeClient, webhook: dict[str, str]) -> str:
    """Waits until the webhook is paused, and returns the reason."""

    async def is_paused() -> bool:
        return bool((await read(user, webhook))["state"] == "paused")

    await eventually(is_paused)
    return str((await read(user, webhook))["paused_reason"])


async def test_the_same_event_comes_again_before_the_next_one(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse("500 Internal Server Error", "404 Not Found")
    for text in ("раз", "два"):
        await anna.send(club, text)
    for count in (1, 2):
        attempts = await until_attempts(anna, webhook, count)
        await bring_forward(container, club)
    messages = await receiver.until(4)
    assert [message.text for message in messages] == ["раз", "раз", "раз", "два"]
    assert len({message.id for message in messages[:3]}) == 1
    assert messages[0].body == messages[2].body
    attempts = await until_attempts(anna, webhook, 4)
    assert [(one["attempt"], one["status"]) for one in attempts] == [(1, 500), (2, 404), (3, 204), (1, 204)]


async def test_pauses_between_attempts_grow_and_then_the_webhook_is_paused(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse(*["500 Internal Server Error"] * 10)
    await anna.send(club, "важное")
    for number, seconds in enumerate(PAUSES, 1):
        last = (await until_attempts(anna, webhook, number))[-1]
        assert timedelta() <= pause_after(last) - timedelta(seconds=seconds) < timedelta(seconds=5)
        await bring_forward(container, club)
    assert await until_paused(anna, webhook) == "failed"
    last = (await deliveries_of(anna, webhook))[0]
    assert (last["attempt"], last["next_at"]) == (10, None)
    event = (await anna.own_events())[-1]
    assert (event["kind"], event["data"]) == ("webhook.paused", {"webhook_id": webhook["id"], "reason": "failed"})


async def test_a_resumed_webhook_continues_where_it_stopped(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse("410 Gone")
    await anna.send(club, "раз")
    assert await until_paused(anna, webhook) == "gone"
    await anna.send(club, "два")
    assert len(receiver.messages) == 1
    resumed = ok(await anna.patch(f"/webhooks/{webhook['id']}", {"state": "active"}))
    assert (resumed["state"], resumed["paused_reason"], resumed["paused_at"]) == ("active", None, None)
    messages = await receiver.until(3)
    assert [message.text for message in messages] == ["раз", "раз", "два"]
    assert messages[0].id == messages[1].id


async def test_a_resumed_webhook_has_all_its_attempts_again(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse("500 Internal Server Error")
    await anna.send(club, "важное")
    await until_attempts(anna, webhook, 1)
    path = f"/webhooks/{webhook['id']}"
    ok(await anna.patch(path, {"state": "paused"}))
    ok(await anna.patch(path, {"state": "active"}))
    # The attempt planned in five seconds does not hold it up.
    (_, again) = await until_attempts(anna, webhook, 2)
    assert (again["attempt"], again["status"]) == (1, 204)


async def test_a_new_url_is_tried_at_once(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse("429 Too Many Requests", retry_after="3600")
    await anna.send(club, "важное")
    await until_attempts(anna, webhook, 1)
    ok(await anna.patch(f"/webhooks/{webhook['id']}", {"url": receiver.url("/new")}))
    (message,) = await receiver.until(1, "/new")
    assert message.text == "важное"


async def test_a_failure_at_the_former_url_does_not_pause_the_webhook(
    anna: FakeClient, club: str, receiver: Receiver
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse("410 Gone")
    receiver.hang()
    await anna.send(club, "важное")
    await receiver.until(1)
    ok(await anna.patch(f"/webhooks/{webhook['id']}", {"url": receiver.url("/new")}))
    receiver.go_on()
    await receiver.until(1, "/new")
    assert (await read(anna, webhook))["state"] == "active"


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_receiver_may_ask_for_a_longer_pause(
    anna: FakeClient, club: str, receiver: Receiver, status: str
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse(status, retry_after="3600")
    await anna.send(club)
    (attempt,) = await until_attempts(anna, webhook, 1)
    assert timedelta(seconds=3600) <= pause_after(attempt) < timedelta(seconds=3605)


@pytest.mark.parametrize(
    ("status", "asked", "seconds"),
    [
        ("503 Service Unavailable", "9999999", 86_400),
        ("503 Service Unavailable", "Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("503 Service Unavailable", "1", 5),
        ("503 Service Unavailable", "-1", 5),
        ("503 Service Unavailable", "²", 5),
        ("503 Service Unavailable", "soon", 5),
        ("503 Service Unavailable", "Mon, 01 Jan 99999999999 00:00:00 GMT", 5),
        ("500 Internal Server Error", "3600", 5),
    ],
)
async def test_the_pause_that_a_receiver_asks_for_has_bounds(
    anna: FakeClient, club: str, receiver: Receiver, status: str, asked: str, seconds: int
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.refuse(status, retry_after=asked)
    await anna.send(club)
    (attempt,) = await until_attempts(anna, webhook, 1)
    assert timedelta() <= pause_after(attempt) - timedelta(seconds=seconds) < timedelta(seconds=5)


async def test_a_redirect_is_a_failure_and_is_not_followed(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.answers = [redirect(receiver.url("/other"), "307 Temporary Redirect")]
    await anna.send(club)
    (attempt,) = await until_attempts(anna, webhook, 1)
    assert (attempt["status"], attempt["next_at"] is None) == (307, False)
    assert receiver.on("/other") == []


async def test_what_is_no_http_is_a_failure(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    receiver.answers = [b"SSH-2.0-OpenSSH_9.6\r\n"]
    await anna.send(club)
    (attempt,) = await until_attempts(anna, webhook, 1)
    assert (attempt["status"], attempt["error"]) == (None, "bad_response")


async def test_events_that_were_deleted_before_they_were_posted_are_reported(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    ok(await anna.patch(f"/webhooks/{webhook['id']}", {"state": "paused"}))
    cursor = await cursor_of(anna, webhook, club)
    assert cursor is not None
    for text in ("раз", "два", "три"):
        await anna.send(club, text)
    await delete_events(container, club, cursor["seq"] + 3)
    ok(await anna.patch(f"/webhooks/{webhook['id']}", {"state": "active"}))
    (message,) = await receiver.until(1)
    assert message.text == "три"
    gap, _ = await until_attempts(anna, webhook, 2)
    assert {name: gap[name] for name in ("stream_id", "seq", "kind", "attempt", "status", "error", "next_at")} == {
        "stream_id": club,
        "seq": cursor["seq"] + 2,
        "kind": None,
        "attempt": 0,
        "status": None,
        "error": "events_deleted",
        "next_at": None,
    }
