"""Completes the JSON schemas of the OpenAPI and the AsyncAPI document."""

from typing import Any

from app.resources.constants import MAX_BIGINT

_MAX_INT32 = 2**31 - 1


def finish_numbers(part: Any) -> None:
    """Writes bounds as integers, and adds the formats of integers, in every object of a document.

    FastAPI converts bounds to floats, which makes the largest bigint greater by one than the database allows.
    """
    if isinstance(part, dict):
        _finish_number(part)
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            finish_numbers(inner)


def _finish_number(part: dict[str, Any]) -> None:
    for bound in ("minimum", "maximum"):
        if isinstance(part.get(bound), float) and part[bound].is_integer():
            part[bound] = min(int(part[bound]), MAX_BIGINT)
    if part.get("type") == "integer":
        fits = isinstance(part.get("maximum"), int) and part["maximum"] <= _MAX_INT32
        part.setdefault("format", "int32" if fits else "int64")
