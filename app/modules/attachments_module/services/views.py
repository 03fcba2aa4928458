"""Attachments as clients see them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

_OF_MESSAGE = ("filename", "content_type", "size", "width", "height", "blurhash", "state")


def view_in_message(row: Any) -> dict[str, Any]:
    """Returns the value in a message: without addresses, the same for every viewer."""
    return {"id": str(row["id"]), **{name: row[name] for name in _OF_MESSAGE}}


def view_in_event(row: Any) -> dict[str, Any]:
    return view_in_message(row) | {"reason": row["reason"]}


def previews_of(row: Any) -> list[dict[str, Any]]:
    """Returns name, width, height and content type of each preview that is stored."""
    stored: list[dict[str, Any]] = orjson.loads(row["previews"]) if row["previews"] else []
    return stored


def content_type_of(row: Any, variant: str) -> str | None:
    """Returns the type of a content or of one of its previews, None where there is no such preview."""
    if variant == "original":
        return str(row["content_type"])
    types: Mapping[str, str] = {preview["name"]: preview["content_type"] for preview in previews_of(row)}
    return types.get(variant)


def view_attachment(row: Any, urls: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **view_in_event(row),
        # While the file is processed, the row has it already.
        "sha256": row["sha256"] if row["state"] == "ready" else None,
        "previews": urls["previews"],
        "url": urls["url"],
        "url_expires_at": urls["url_expires_at"],
    }


def message_of(row: Any) -> tuple[UUID, int] | None:
    return (row["chat_id"], row["seq"]) if row["chat_id"] is not None else None
