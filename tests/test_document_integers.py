"""Integers in the OpenAPI and the AsyncAPI document. Generators choose the type of a field by their format."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.commands.generated import openapi_text
from app.modules.sockets_module.commands import asyncapi_text
from app.resources.constants import MAX_BIGINT
from app.settings import Settings


@pytest.mark.parametrize("text_of", [openapi_text, asyncapi_text])
def test_every_integer_has_the_format_that_its_range_needs(
    base_settings: Settings, text_of: Callable[[Settings], str]
) -> None:
    integers: list[dict[str, Any]] = []

    def find(part: dict[str, Any]) -> dict[str, Any]:
        if part.get("type") == "integer":
            integers.append(part)
        return part

    json.loads(text_of(base_settings), object_hook=find)
    assert integers
    for integer in integers:
        fits = integer.get("maximum", MAX_BIGINT) < 2**31
        assert integer["format"] == ("int32" if fits else "int64"), integer
