"""Messages that programs post to the address of an incoming webhook."""

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.modules.incoming_webhooks_module.api.router import MAX_PAYLOAD
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, messages_of, post, texts_of
from tests.fakers import FakeClient, ok, problem


async def test_a_message_is_sent_by_the_creator_and_says_which_webhook_has_posted_it(
    anna: FakeClient, boris: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, club)
    answer = await post(server, hook, "Готово")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    (message,) = await messages_of(boris, club)
    assert (message["text"], message["sender_id"]) == ("Готово", anna.id)
    assert message["via_hook"] == {"id": hook["id"], "name": "Сборка", "username": None}
    created = (await boris.events(club))[-1]
    assert (created["kind"], created["data"]["via_hook"]) == ("message.created", message["via_hook"])


async def test_a_message_of_a_member_has_no_webhook(anna: FakeClient, club: str) -> None:
    assert (await anna.send(club))["via_hook"] is None
    problem(await anna.post(f"/chats/{club}/messages", {"text": "Я бот", "via_hook": {}}), 422, "validation_error")


async def test_a_form_with_a_payload_is_the_same_as_json(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook, payload = await create_hook(anna, club), json.dumps({"text": "Из формы"})
    assert (await post(server, hook, data={"payload": payload})).text == "ok"
    curl = {"content-type": "application/x-www-form-urlencoded"}
    assert (await post(server, hook, content=payload, headers=curl)).text == "ok"
    assert (await post(server, hook, content=payload)).text == "ok"
    assert await texts_of(anna, club) == ["Из формы"] * 3


@pytest.mark.parametrize(
    ("username", "shown"),
    [("Дежурный 🚒", "Дежурный 🚒"), ("a\n\u202eb", "ab"), ("x" * 100, "x" * 80), (" \u200b", None), (["x"], None)],
)
async def test_a_program_may_choose_the_name_of_a_message(
    anna: FakeClient, club: str, server: httpx.AsyncClient, username: object, shown: str | None
) -> None:
    hook = await create_hook(anna, club)
    ok_answer = await post(server, hook, json={"text": "Тревога", "username": username, "icon_emoji": ":fire:"})
    assert ok_answer.text == "ok"
    (message,) = await messages_of(anna, club)
    assert (message["via_hook"]["name"], message["via_hook"]["username"]) == ("Сборка", shown)


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        ({"content": b""}, 400, "invalid_payload"),
        ({"content": b"{"}, 400, "invalid_payload"),
        ({"content": b'{"text": "\xff"}'}, 400, "invalid_payload"),
        ({"content": b'{"text": "\\ud800"}'}, 400, "invalid_payload"),
        ({"content": b"[" * 60_000}, 400, "invalid_payload"),
        ({"content": b'{"text": "x", "y": %b}' % (b"[" * 300 + b"]" * 300)}, 400, "invalid_payload"),
        ({"json": ["text"]}, 400, "invalid_payload"),
        ({"json": {"text": {"a": 1}}}, 400, "invalid_payload"),
        ({"json": {"attachments": {}}}, 400, "invalid_payload"),
        ({"data": {"text": "Привет"}}, 400, "invalid_payload"),
        ({"content": b"payload={}&payload={}"}, 400, "invalid_payload"),
        ({"json": {"text": "x", "blocks": "x"}}, 400, "invalid_blocks"),
        ({"json": {"text": "x", "blocks": [{}] * 51}}, 400, "invalid_blocks"),
        ({"json": {"text": "x", "attachments": [{}] * 101}}, 400, "too_many_attachments"),
        ({"json": {}}, 400, "no_text"),
        ({"json": {"text": " \x00\u200b\n"}}, 400, "no_text"),
        ({"json": {"text": None, "blocks": [None, {"type": []}], "attachments": [7]}}, 400, "no_text"),
        ({"content": b" " * (MAX_PAYLOAD + 1)}, 413, "payload_too_large"),
        ({"content": b"{}", "headers": {"content-encoding": "gzip"}}, 415, "unsupported_media_type"),
    ],
)
async def test_what_is_no_message_is_refused_with_a_word_of_slack(
    anna: FakeClient, club: str, server: httpx.AsyncClient, sent: dict[str, Any], status: int, word: str
) -> None:
    answer = await post(server, await create_hook(anna, club), **sent)
    assert (answer.status_code, answer.text) == (status, word)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert await messages_of(anna, club) == []


async def test_a_token_that_was_never_one_and_a_token_without_a_webhook_are_refused(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, club)
    path = urlsplit(hook["url"]).path
    other = path[:-1] + ("A" if path[-1] != "A" else "B")
    for address, status, word in ((path[:-1], 403, "invalid_token"), (other, 404, "no_service")):
        answer = await server.post(address, json={"text": "Привет"})
        assert (answer.status_code, answer.text) == (status, word)
    assert (await server.get(path)).status_code == 405


async def test_the_same_idempotency_key_posts_one_message(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hooks = [await create_hook(anna, club) for _ in range(2)]
    for hook in hooks:
        for content in (b'{"text": "Once", "username": "a"}', b'{"username":"a", "text":"Once"}'):
            answer = await post(server, hook, content=content, headers={"Idempotency-Key": "build 7"})
            assert answer.text == "ok"
    assert await texts_of(anna, club) == ["Once"] * 2
    other = await post(server, hooks[0], json={"text": "Other"}, headers={"Idempotency-Key": "build 7"})
    assert (other.status_code, other.text) == (422, "idempotency_mismatch")
    for key in ("x" * 256, "ключ".encode()):
        answer = await post(server, hooks[0], json={"text": "Other"}, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.text) == (400, "invalid_idempotency_key")
    assert await texts_of(anna, club) == ["Once"] * 2


async def test_a_long_text_is_cut(anna: FakeClient, club: str, server: httpx.AsyncClient) -> None:
    hook = await create_hook(anna, club)
    assert (await post(server, hook, "я" * 4000)).text == "ok"
    assert (await post(server, hook, "я" * 4001)).text == "ok"
    assert await texts_of(anna, club) == ["я" * 4000, "я" * 3999 + "…"]


async def test_escape_sequences_of_a_terminal_are_left_out(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, club)
    assert (await post(server, hook, "\x1b[1;31m*FAILED*\x1b[0m\ttests\x00\n\u202e7\x9b")).text == "ok"
    assert await texts_of(anna, club) == ["**FAILED**\ttests\n7"]


async def test_a_message_cannot_be_edited(anna: FakeClient, club: str, server: httpx.AsyncClient) -> None:
    assert (await post(server, await create_hook(anna, club), "Готово")).text == "ok"
    problem(await anna.patch(f"/chats/{club}/messages/1", {"text": "Не готово"}), 409, "conflict")


async def test_a_message_that_its_sender_deletes_stays_one_of_the_webhook_without_what_the_program_has_sent(
    anna: FakeClient, boris: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, club)
    assert (await post(server, hook, json={"text": "Готово", "username": "Дежурный"})).text == "ok"
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    events = [event["data"] for event in await boris.events(club) if event["kind"].startswith("message.")]
    assert [(message["text"], message["via_hook"]) for message in [*events, *await messages_of(boris, club)]] == [
        ("", {"id": hook["id"], "name": "Сборка", "username": None})
    ] * 3


async def test_a_forward_names_the_account_and_not_what_a_program_has_chosen(
    anna: FakeClient, boris: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, club)
    assert (await post(server, hook, json={"text": "Готово", "username": "Директор"})).text == "ok"
    copy = ok(await boris.post(f"/chats/{club}/messages/1/forward", {"to_chat_id": club}))
    assert (copy["text"], copy["via_hook"], copy["forwarded_from"]["sender_name"]) == ("Готово", None, "Анна")
