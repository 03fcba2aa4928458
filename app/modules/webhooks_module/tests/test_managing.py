"""Webhooks are created, listed, changed, tried and deleted by their owners."""

from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from app.modules.webhooks_module.services.managing import MAX_WEBHOOKS
from app.modules.webhooks_module.tests.receiving import Receiver, create, read, until_no_job
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem

HTTPS = "https://hooks.invalid/"


async def test_a_webhook_is_read_as_it_was_created(anna: FakeClient, club: str) -> None:
    body = {"url": HTTPS, "kinds": ["message.*"], "chat_ids": [club], "description": "Отчёты 📊"}
    response = await anna.post("/webhooks", body)
    assert response.status_code == 201
    created = ok(response)
    secret = created.pop("secret")
    assert secret.startswith("whsec_")
    assert created.items() >= (body | {"state": "active", "paused_reason": None, "key_id": None}).items()
    assert await read(anna, created) == created
    assert ok(await anna.get("/webhooks")) == {"items": [created], "next_cursor": None}


async def test_given_fields_are_changed_and_others_stay(anna: FakeClient, club: str) -> None:
    webhook = ok(await anna.post("/webhooks", {"url": HTTPS, "kinds": ["message.*"], "description": "Отчёты"}))
    path = f"/webhooks/{webhook['id']}"
    changed = ok(await anna.patch(path, {"kinds": None, "chat_ids": [club], "url": f"{HTTPS}2"}))
    assert (changed["kinds"], changed["chat_ids"], changed["url"]) == (None, [club], f"{HTTPS}2")
    assert (changed["description"], changed["created_at"]) == ("Отчёты", webhook["created_at"])
    paused = ok(await anna.patch(path, {"state": "paused"}))
    assert (paused["state"], paused["paused_reason"]) == ("paused", "owner")
    assert paused["paused_at"] is not None
    assert ok(await anna.patch(path, {})) == paused


async def test_each_change_is_an_event_of_the_owner(anna: FakeClient) -> None:
    webhook = ok(await anna.post("/webhooks", {"url": HTTPS, "kinds": ["webhook.paused"]}))
    path = f"/webhooks/{webhook['id']}"
    ok(await anna.patch(path, {"description": "Отчёты"}))
    ok(await anna.patch(path, {"description": "Отчёты"}))
    ok(await anna.post(f"{path}/rotate-secret"))
    ok(await anna.delete(path))
    events = [event for event in await anna.own_events() if event["kind"].startswith("webhook.")]
    kinds = ["webhook.created", "webhook.changed", "webhook.changed", "webhook.deleted"]
    assert [event["kind"] for event in events] == kinds
    assert all(event["data"] == {"webhook_id": webhook["id"]} for event in events)


async def test_a_pause_by_the_owner_is_a_change_and_no_reason_of_the_server(anna: FakeClient) -> None:
    webhook = ok(await anna.post("/webhooks", {"url": HTTPS}))
    ok(await anna.patch(f"/webhooks/{webhook['id']}", {"state": "paused"}))
    assert (await anna.own_events())[-1]["kind"] == "webhook.changed"
    document = ok(await anna.http.get("/asyncapi.json"))
    reason = document["components"]["schemas"]["WebhookPausedPayload"]["properties"]["reason"]
    assert reason["enum"] == ["failed", "gone", "secret_lost"]


async def test_nothing_is_posted_to_a_deleted_webhook(
    anna: FakeClient, club: str, receiver: Receiver, container: Container
) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    ok(await anna.delete(f"/webhooks/{webhook['id']}"))
    problem(await anna.get(f"/webhooks/{webhook['id']}"), 404, "not_found")
    await anna.send(club)
    await until_no_job(container)
    assert receiver.messages == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", ""),
        ("url", "hooks.example"),
        ("url", "ftp://hooks.example/"),
        ("url", "https://user:password@hooks.example/"),
        ("url", "https://user@hooks.example/"),
        ("url", f"https://hooks.example/{'a' * 2000}"),
        ("url", f"https://hooks.example/{'я' * 1000}"),
        ("url", "https://hooks.example/\x00"),
        ("url", "https://[::1"),
        ("url", "https://hooks.example:99999/"),
        ("url", None),
        ("url", 1),
        ("kinds", []),
        ("kinds", ["message"]),
        ("kinds", ["*"]),
        ("kinds", ["message.created\n"]),
        ("kinds", ["message.unheard_of"]),
        ("kinds", ["unheard_of.*"]),
        ("kinds", ["message.created"] * 101),
        ("kinds", "message.created"),
        ("chat_ids", []),
        ("chat_ids", ["club"]),
        ("chat_ids", ["6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"] * 101),
        ("description", "a" * 201),
        ("description", "\u202etxt"),
        ("description", None),
        ("state", "stopped"),
        ("secret", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"),
    ],
)
async def test_a_value_that_is_not_valid_is_refused_by_its_name(anna: FakeClient, field: str, value: Any) -> None:
    refused = problem(await anna.post("/webhooks", {"url": HTTPS} | {field: value}), 422, "validation_error")
    assert refused["errors"][0]["loc"][:2] == ["body", field]
    webhook = ok(await anna.post("/webhooks", {"url": HTTPS}))
    refused = problem(await anna.patch(f"/webhooks/{webhook['id']}", {field: value}), 422, "validation_error")
    assert refused["errors"][0]["loc"][:2] == ["body", field]


async def test_chats_of_others_cannot_be_chosen(anna: FakeClient, boris: FakeClient) -> None:
    chat = await boris.open_chat()
    problem(await anna.post("/webhooks", {"url": HTTPS, "chat_ids": [chat]}), 404, "not_found")
    webhook = ok(await anna.post("/webhooks", {"url": HTTPS}))
    problem(await anna.patch(f"/webhooks/{webhook['id']}", {"chat_ids": [chat]}), 404, "not_found")


async def test_an_account_has_a_limited_number_of_webhooks(anna: FakeClient) -> None:
    webhooks = [ok(await anna.post("/webhooks", {"url": HTTPS})) for _ in range(MAX_WEBHOOKS)]
    problem(await anna.post("/webhooks", {"url": HTTPS}), 409, "conflict")
    assert [one["id"] for one in ok(await anna.get("/webhooks"))["items"]] == [one["id"] for one in webhooks[::-1]]
    ok(await anna.delete(f"/webhooks/{webhooks[0]['id']}"))
    ok(await anna.post("/webhooks", {"url": HTTPS}))


async def test_a_test_event_is_signed_and_returns_what_the_receiver_says(anna: FakeClient, receiver: Receiver) -> None:
    webhook = await create(anna, receiver, kinds=["message.created"])
    path = f"/webhooks/{webhook['id']}"
    ok(await anna.patch(path, {"state": "paused"}))
    receiver.refuse("418 I'm a teapot")
    tested = [ok(await anna.post(f"{path}/test")) for _ in range(2)]
    assert [(one["status"], one["error"]) for one in tested] == [(418, None), (204, None)]
    assert all(one["duration_ms"] >= 0 for one in tested)
    first, second = receiver.messages
    assert first.id != second.id
    assert first.event["kind"] == "webhook.test"
    Webhook(webhook["secret"]).verify(first.body, first.headers)
