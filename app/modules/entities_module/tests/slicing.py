"""What the entities of a text cover."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.modules.entities_module.services.deriving import derive_markdown, derive_plain

Entities = Sequence[Mapping[str, Any]]


def slice_units(text: str, entity: Mapping[str, Any]) -> str:
    """Returns the part of a text that an entity covers, as a client does."""
    encoded = text.encode("utf-16-le")
    return encoded[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def covered(text: str, entities: Entities, *types: str) -> list[tuple[str, str]]:
    """Returns type and text of each entity, of all types or of the given ones; `syntax` only if it is given."""
    return [
        (entity["type"], slice_units(text, entity))
        for entity in entities
        if (entity["type"] in types if types else entity["type"] != "syntax")
    ]


def plain(text: str) -> list[tuple[str, str]]:
    return covered(text, derive_plain(text))


def markdown(text: str, *types: str) -> list[tuple[str, str]]:
    return covered(text, derive_markdown(text), *types)


def shown(text: str) -> str:
    """Returns a text in Markdown without its markers, as a client shows it."""
    encoded = text.encode("utf-16-le")
    for entity in reversed(derive_markdown(text)):
        if entity["type"] == "syntax":
            start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
            encoded = encoded[:start] + encoded[end:]
    return encoded.decode("utf-16-le")
