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
)
MODULES = Modules((Module(name="test", description="Parts of this test", contributes=PARTS),))


@pytest.mark.parametrize(
    ("stored", "line"),
    [
        (None, Line(None, False)),
        ({}, Line(None, False)),
        ({"plain": 1}, Line(None, False)),
        ({"of_another_application": {"name": "Робот"}}, Line(None, False)),
        ({"bot": {"name": "Робот"}}, Line("Робот", False)),
        ({"bot": {"name": None}}, Line(None, False)),
        ({"bot": {"name": ""}, "guest": "Гость"}, Line("Гость", False)),
        ({"guest": "Гость", "bot": {"name": "Робот"}}, Line("Робот", False)),
        ({"sealed": "loose"}, Line(None, False)),
        ({"sealed": "loose", "veiled": [1]}, Line(None, True)),
        ({"sealed": "tight", "guest": "Гость"}, Line("Гость", True)),
    ],
)
def test_the_first_author_is_shown_and_one_part_is_enough_to_hide_the_text(
    stored: dict[str, Any] | None, line: Line
) -> None:
    assert line_of(MODULES, stored) == line
