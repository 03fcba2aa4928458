"""Texts of messages: what is accepted and what is refused. Invalid bodies."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from app.resources.constants import MAX_MESSAGE_BYTES
from tests.fakers import API, FakeClient, as_sent, ok, problem

JSON = "application/json"


@pytest.mark.parametrize("length", [1, 4000])
async def test_the_length_of_a_text_excludes_surrounding_white_space(anna: FakeClient, club: str, length: int) -> None:
    for text in ("x" * length, "ё" * length, "👋" * length, " \n" + "x" * length + "\t "):
        assert (await anna.send(club, text))["text"] == text
    history = ok(await anna.get(f"/chats/{club}/messages"))["items"]
    assert history[-1]["text"] == " \n" + "x" * length + "\t "


async def test_surrounding_white_space_makes_no_event_too_large_for_clients(anna: FakeClient, club: str) -> None:
    for space in (" ", "\u3000", "\x1c"):
        refused = await anna.post(f"/chats/{club}/messages", {"text": "x" + space * 40_000})
        errors = problem(refused, 422, "validation_error")["errors"]
        assert errors[0]["msg"] == "Value error, at most 40000 characters with the white space around them"
        await anna.send(club, "x" + space * 39_999)
    assert all(len(orjson.dumps({"event": event})) < 2**20 for event in await anna.events(club))


async def test_invalid_texts_are_refused_in_sends_and_edits(anna: FakeClient, club: str) -> None:
    message = await anna.send(club, "было")
    unseen = ("", " ", "\n\t \u2003", "\u200b", "\ufeff \u200d", "\u3164\u2800", "\u202e\u202c", "\U000e0020")
    escapes = ("a\x1b[2J", "\x9b31mкрасный")
    reversed_texts = ("invoice_\u202efdp.exe", "\u202dשלום\u202c")
    for text in (*unseen, *escapes, *reversed_texts, "x" * 4001, "👋" * 4001, "a\x00b", None, 5, True, ["x"], {"x": 1}):
        for answer in (
            await anna.post(f"/chats/{club}/messages", {"text": text}),
            await anna.patch(f"/chats/{club}/messages/1", {"text": text}),
        ):
            refusal = problem(answer, 422, "validation_error")
            assert [error["loc"] for error in refusal["errors"]] == [["body", "text"]]
    assert [as_sent(one) for one in ok(await anna.get(f"/chats/{club}/messages"))["items"]] == [message]


async def test_bidirectional_text_is_stored_unchanged(anna: FakeClient, club: str) -> None:
    for text in ("\u200fשלום!", "see \u2067אבג\u2069, please", "\u202bمرحبا", "می\u200cخواهم\nو"):
        assert (await anna.send(club, text))["text"] == text


async def test_invalid_messages_are_refused(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    for wrong in (
        {},
        {"client_msg_id": "nonsense"},
        {"client_msg_id": 7},
        {"client_msg_id": ""},
        {"reply_to_seq": True},
        {"reply_to_seq": "1"},
        {"reply_to_seq": 1.0},
        {"reply_to_seq": -1},
        {"reply_to_seq": 0},
        {"reply_to_seq": 2},
        {"reply_to_seq": 2**63},
        {"sender_id": str(uuid4())},
        {"seq": 7},
    ):
        body = {"text": "Привет", **wrong} if wrong else {}
        problem(await anna.post(f"/chats/{club}/messages", body), 422, "validation_error")
    for no_object in ([], "text", 5, [{"text": "x"}]):
        problem(await anna.post(f"/chats/{club}/messages", no_object), 422, "validation_error")
    assert ok(await anna.get(f"/chats/{club}"))["last_seq"] == 1


async def _send_raw(user: FakeClient, chat: str, content: Any, content_type: str | None = JSON) -> httpx.Response:
    headers = user.headers | ({"Content-Type": content_type} if content_type else {})
    return await user.http.post(f"{API}/chats/{chat}/messages", content=content, headers=headers)


async def test_a_malformed_body_gets_422(anna: FakeClient, club: str) -> None:
    for raw in (
        b"",
        b"{",
        b"nonsense",
        b'{"text": "x"',
        b'{"text": NaN}',
        rb'{"text": "\ud800"}',
        rb'{"text": "a\udc00b"}',
        rb'{"text": "\udc00\ud800"}',
        rb'{"text": "x", "\ud800": 1}',
        rb'{"text": "\u0000"}',
        b'{"text": "x", "reply_to_seq": 1e400}',
        b'{"text": "x", "reply_to_seq": ' + b"9" * 5000 + b"}",
        b'{"text": "' + "я".encode("cp1251") + b'"}',
        b"[" * 100_000,
    ):
        problem(await _send_raw(anna, club, raw), 422, "validation_error")
    # Two surrogate halves make one character.
    assert ok(await _send_raw(anna, club, rb'{"text": "\ud83d\udc4b"}'))["text"] == "👋"


async def test_a_body_requires_the_json_content_type(anna: FakeClient, club: str) -> None:
    body = b'{"text": "x"}'
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"):
        problem(await _send_raw(anna, club, body, content_type), 415, "unsupported_media_type")
    for content_type in ("application/json; charset=utf-8", "APPLICATION/JSON"):
        ok(await _send_raw(anna, club, body, content_type))


async def test_a_body_over_the_limit_is_refused_with_and_without_content_length(anna: FakeClient, club: str) -> None:
    too_large = b'{"text": "' + b"x" * MAX_MESSAGE_BYTES + b'"}'

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(too_large), 65_536):
            yield too_large[start : start + 65_536]

    problem(await _send_raw(anna, club, too_large), 413, "payload_too_large")
    problem(await _send_raw(anna, club, in_parts()), 413, "payload_too_large")
    fits = b'{"text": "x"' + b" " * (MAX_MESSAGE_BYTES - 13) + b"}"
    assert len(fits) == MAX_MESSAGE_BYTES
    ok(await _send_raw(anna, club, fits))
    assert ok(await anna.get(f"/chats/{club}"))["last_seq"] == 1


async def test_invalid_sequence_numbers_are_refused(anna: FakeClient, club: str) -> None:
    await anna.send(club)
    for seq in (0, -1, 2**63, "9" * 5000, "one", "1.5", "%00"):
        for method, path, body in (
            ("GET", f"/{seq}", None),
            ("PATCH", f"/{seq}", {"text": "x"}),
            ("DELETE", f"/{seq}", None),
            ("PUT", f"/{seq}/reactions/👍", None),
            ("DELETE", f"/{seq}/reactions/👍", None),
        ):
            problem(await anna.call(method, f"/chats/{club}/messages{path}", body), 422, "validation_error")
    for missing in (2, 2**63 - 1):
        problem(await anna.get(f"/chats/{club}/messages/{missing}"), 404, "not_found")
