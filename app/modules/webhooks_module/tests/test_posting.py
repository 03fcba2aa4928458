"""Events are posted to a webhook, each with a signature, in the order of their stream."""

import json
from base64 import b64decode
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from app.modules.webhooks_module.tests.receiving import Receiver, create, cursor_of, read, until_attempts
from tests.fakers import FakeClient, ok


async def test_an_event_is_posted_as_it_is_in_its_stream(
    anna: FakeClient, boris: FakeClient, club: str, receiver: Receiver
) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    await boris.send(club, "Привет 👋")
    (message,) = await receiver.until(1)
    event = (await anna.events(club))[-1]
    body = json.loads(message.body)
    assert body == {"type": "message.created", "timestamp": event["at"], "data": event}
    assert message.headers["content-type"] == "application/json"
    assert message.id == f"{webhook['id']}_{club}_{event['seq']}"
    assert abs(int(message.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    (attempt,) = await until_attempts(anna, webhook, 1)
    assert attempt["duration_ms"] >= 0
    assert {name: attempt[name] for name in ("stream_id", "seq", "kind", "attempt", "status", "error", "next_at")} == {
        "stream_id": club,
        "seq": event["seq"],
        "kind": "message.created",
        "attempt": 1,
        "status": 204,
        "error": None,
        "next_at": None,
    }


async def test_another_library_verifies_the_signature(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    await anna.send(club)
    (message,) = await receiver.until(1)
    Webhook(webhook["secret"]).verify(message.body, message.headers)
    assert 24 <= len(b64decode(webhook["secret"].removeprefix("whsec_"))) <= 64


async def test_after_a_rotation_both_secrets_verify(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    rotated = ok(await anna.post(f"/webhooks/{webhook['id']}/rotate-secret"))
    assert rotated["secret"] != webhook["secret"]
    assert rotated["previous_secret_until"] is not None
    await anna.send(club)
    (message,) = await receiver.until(1)
    for secret in (webhook["secret"], rotated["secret"]):
        Webhook(secret).verify(message.body, message.headers)
    assert len(message.headers["webhook-signature"].split()) == 2


async def test_events_of_a_stream_come_in_order(anna: FakeClient, club: str, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, chat_ids=[club])
    for number in range(10):
        await anna.send(club, str(number))
    messages = await receiver.until(10)
    assert [message.text for message in messages] == [str(number) for number in range(10)]
    seqs = [message.event["seq"] for message in messages]
    assert seqs == list(range(seqs[0], seqs[0] + 10))
    await until_attempts(anna, webhook, 10)
    cursor = await cursor_of(anna, webhook, club)
    assert cursor is not None
    assert cursor["seq"] == cursor["last_seq"] == seqs[-1]


async def test_events_from_before_the_creation_are_not_posted(anna: FakeClient, club: str, receiver: Receiver) -> None:
    await anna.send(club, "раньше")
    await create(anna, receiver)
    await anna.send(club, "позже")
    (first, *_) = await receiver.until(1)
    assert first.text == "позже"


async def test_the_secret_is_shown_at_creation_and_rotation_only(anna: FakeClient, receiver: Receiver) -> None:
    webhook = await create(anna, receiver)
    rotated = ok(await anna.post(f"/webhooks/{webhook['id']}/rotate-secret"))
    changed = ok(await anna.patch(f"/webhooks/{webhook['id']}", {"description": "Отчёты"}))
    shown = json.dumps([changed, await read(anna, webhook), ok(await anna.get("/webhooks")), await anna.own_events()])
    assert "whsec_" not in shown
    for secret in (webhook["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in shown
