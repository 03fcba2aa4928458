"""The values of parts on their way from a request to a stored message."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_jsonable_python


class PartValues(NamedTuple):
    """Values of parts in a request.

    `needs`: parts whose values only `prepare` can compute, each with what `derive` passes on. `sent`: what the client
    sent, as canonical JSON, compared on a retry.
    """

    values: Mapping[str, Any]
    needs: Mapping[str, Any]
    sent: bytes


NOTHING = PartValues({}, {}, b"")


@dataclass(frozen=True, slots=True)
class PartInput:
    """A send or an edit whose parts are prepared."""

    chat_id: UUID
    chat_type: str
    sender_id: UUID
    role: str
    last_seq: int
    request: BaseModel
    given: PartValues
    server_parts: Mapping[str, Any]
    current: Mapping[str, Any] | None = None


class PartsOfMessage(NamedTuple):
    """The values of the parts of a stored message. `before`: the values before an edit."""

    chat_id: UUID
    seq: int
    sender_id: UUID
    values: Mapping[str, Any]
    server_parts: Mapping[str, Any] = MappingProxyType({})
    before: Mapping[str, Any] | None = None


def as_json(name: str, value: Any) -> Any:
    """Returns the value of a part as readers get it: models, times and ids as JSON. Raises TypeError."""
    try:
        return to_jsonable_python(value, inf_nan_mode="null")
    except ValueError as error:
        raise TypeError(f"the value of the part {name!r} of a message is no JSON: {error}") from None
