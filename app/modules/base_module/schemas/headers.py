"""Headers in the OpenAPI document."""

from typing import Any

_TEXT = {"type": "string"}


def sent_headers(*named: tuple[str, str], required: bool = False) -> list[dict[str, Any]]:
    """Returns the parameters for headers of a request, each given by its name and description."""
    return [
        {"name": name, "in": "header", "required": required, "description": text, "schema": dict(_TEXT)}
        for name, text in named
    ]


def answer_headers(*named: tuple[str, str]) -> dict[str, Any]:
    """Returns the headers of a response, each given by its name and description."""
    return {name: {"description": text, "schema": dict(_TEXT)} for name, text in named}
