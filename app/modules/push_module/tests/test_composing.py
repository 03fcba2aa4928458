"""The payload of a notification is JSON that fits, cut at whole characters."""

import json
from uuid import UUID

import pytest

from app.modules.messages_module.services.lines import Line
from app.modules.push_module.services.composing import MAX_BYTES, Notification, cut, show

CHAT = UUID("6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91")


@pytest.mark.parametrize("most", [MAX_BYTES, 700, 300])
@pytest.mark.parametrize("sign", ["a", "Ж", "\\", "\x01", "😀", "👍🏽"])
def test_a_payload_is_never_larger_than_it_may_be(sign: str, most: int) -> None:
    data = Notification("message", CHAT, 7, sign * 60, sign * 4_000, 1).as_json(most)
    assert most - 250 < len(data) <= most
    shown = json.loads(data)
    assert shown["body"] or shown["title"]


@pytest.mark.parametrize(
    ("author", "body"),
    [
        ("a\r\n\u202eb\x00\u2066", "a b: Готово"),
        ("Книжный клуб: Анна\u2028\u2029", "Книжный клуб: Анна: Готово"),
        ("x" * 2_000, "x" * 999 + "…"),
    ],
)
def test_the_name_of_an_author_is_one_line_of_limited_length(author: str, body: str) -> None:
    row = {"display_name": "Анна", "type": "group", "title": "Клуб", "chat_id": CHAT, "seq": 7}
    shown = show(row, Line("Готово", author), badge=1, preview="full", language="en")
    assert (shown.title, shown.body) == ("Клуб", body)


@pytest.mark.parametrize(
    ("chat_type", "expected"),
    [("direct", ("Удалённый аккаунт", "Готово")), ("group", ("Клуб", "Удалённый аккаунт: Готово"))],
)
def test_a_sender_that_was_erased_meanwhile_has_the_name_of_a_deleted_account(chat_type: str, expected: object) -> None:
    row = {"display_name": "", "type": chat_type, "title": "Клуб", "chat_id": CHAT, "seq": 7}
    shown = show(row, Line("Готово"), badge=1, preview="full", language="ru")
    assert (shown.title, shown.body) == expected


@pytest.mark.parametrize(
    ("chat_type", "expected"), [("direct", ("Анна", "New message")), ("group", ("Анна", "Анна: New message"))]
)
def test_what_has_no_place_to_cut_it_is_not_shown(chat_type: str, expected: object) -> None:
    endless = "e" + "\u0301" * 2_000
    row = {"display_name": "Анна", "type": chat_type, "title": endless[:128], "chat_id": CHAT, "seq": 7}
    shown = show(row, Line(endless), badge=1, preview="full", language="en")
    assert (shown.title, shown.body) == expected


def test_the_body_is_cut_before_the_title() -> None:
    shown = json.loads(Notification("message", CHAT, 7, "Анна", "Ж" * 4_000, 1).as_json(300))
    assert shown["title"] == "Анна"
    assert shown["body"].endswith("Ж…")


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Привет", 6, "Привет"),
        ("Привет", 5, "Прив…"),
        ("раз два", 5, "раз…"),
        ("👍🏽👍🏽", 3, "👍🏽…"),
        ("👍🏽👍🏽", 2, ""),
        ("❤\ufe0f❤\ufe0f", 3, "❤\ufe0f…"),
        ("e\u0301e\u0301", 3, "e\u0301…"),
        ("👨\u200d👩 👨\u200d👩", 6, "👨\u200d👩…"),
        ("аб", 1, ""),
        ("аб", 0, ""),
    ],
)
def test_a_text_is_cut_at_a_character(text: str, most: int, expected: str) -> None:
    assert cut(text, most) == expected
