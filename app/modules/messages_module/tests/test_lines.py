"""What the parts of a message say about how it is shown outside of clients."""

from typing import Any

import pytest

from app.modules.messages_module.extension import MessagePart
from app.modules.messages_module.services.lines import Line, line_of
from app.utils.module import Module, Modules

PARTS = (
    MessagePart("plain", Any),
    MessagePart("bot", Any, author=lambda value: value["name"]),
    MessagePart("guest", Any, author=str),
    MessagePart("sealed", Any, hides_text=lambda value: value == "tight"),
    MessagePart("veiled", Any, hides_text=bool),
    MessagePart("marked", Any, shown_text=lambda value, text: text.replace(value, "")),
)
MODULES = Modules((Module(name="test", description="Parts of this test", contributes=PARTS),))


@pytest.mark.parametrize(
    ("stored", "line"),
    [
        (None, Line("Готово")),
        ({}, Line("Готово")),
        ({"plain": 1}, Line("Готово")),
        ({"of_another_application": {"name": "Робот"}}, Line("Готово")),
        ({"bot": {"name": "Робот"}}, Line("Готово", "Робот")),
        ({"bot": {"name": None}}, Line("Готово")),
        ({"bot": {"name": ""}, "guest": "Гость"}, Line("Готово", "Гость")),
        ({"guest": "Гость", "bot": {"name": "Робот"}}, Line("Готово", "Робот")),
        ({"sealed": "loose"}, Line("Готово")),
        ({"sealed": "loose", "veiled": [1]}, Line("Готово", None, True)),
        ({"sealed": "tight", "guest": "Гость"}, Line("Готово", "Гость", True)),
    ],
)
def test_the_first_author_is_shown_and_one_part_is_enough_to_hide_the_text(
    stored: dict[str, Any] | None, line: Line
) -> None:
    assert line_of(MODULES, "Готово", stored) == line


@pytest.mark.parametrize(
    ("text", "stored", "shown"),
    [
        ("*Готово*", {"marked": "*"}, "Готово"),
        ("*Готово*", {"guest": "Гость"}, "*Готово*"),
        ("*Готово*", {"of_another_application": "*"}, "*Готово*"),
        ("*\u200b*", {"marked": "*"}, "*\u200b*"),
        ("", {"marked": "*"}, ""),
    ],
)
def test_a_part_shortens_the_text_while_something_visible_is_left(
    text: str, stored: dict[str, Any], shown: str
) -> None:
    assert line_of(MODULES, text, stored) == Line(shown, stored.get("guest"))
