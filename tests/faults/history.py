"""The records of the clients, in the order in which things happened to them.

Records are only added, each as a line of JSON: a failed run can be examined later."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import orjson

FILE = "history.jsonl"


class Requested(NamedTuple):
    """A client is going to send a message. It retries until there is a final answer."""

    account: str
    chat: str
    client_msg_id: str


class Answered(NamedTuple):
    """The server says that the message is stored. A retry gets the same answer."""

    client_msg_id: str
    id: str
    seq: int
    replayed: bool


class Unknown(NamedTuple):
    """An attempt had no answer, or 503: the message may be stored or not."""

    client_msg_id: str
    why: str


class Refused(NamedTuple):
    """A final refusal: the message is not stored, and will not be."""

    client_msg_id: str
    code: str


class Resumed(NamedTuple):
    """The hello of a device with these cursors was accepted."""

    device: str
    account: str
    cursors: dict[str, int]


class Applied(NamedTuple):
    """An event reached a device. `subject` is the id of what it is about."""

    device: str
    stream: str
    seq: int
    kind: str
    subject: str


class Gap(NamedTuple):
    """The server reported to a device that the log does not hold the next event."""

    device: str
    stream: str
    first_seq: int
    last_seq: int


class Finished(NamedTuple):
    """A device has resumed at the end, with enough time to receive everything."""

    device: str


class Moving(NamedTuple):
    """The first request to add or remove a member is about to be sent, or was answered."""

    chat: str
    account: str
    step: str


class Closed(NamedTuple):
    """A device's socket was closed: with a code by the server, without one by the network."""

    device: str
    code: int | None


class Mark(NamedTuple):
    """A fault began or ended."""

    at: float
    what: str


Record: TypeAlias = (
    Requested | Answered | Unknown | Refused | Resumed | Applied | Gap | Finished | Moving | Closed | Mark
)
RESTART = "rolling-restart"
"""The mark of a rolling restart. Only during one may the server send 1012."""
ADDING, ADDED, REMOVING, REMOVED = "adding", "added", "removing", "removed"
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Requested, Answered, Unknown, Refused, Resumed, Applied, Gap, Finished, Moving, Closed, Mark)
}


class History:
    """A file of records, until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / FILE).open("ab", buffering=1 << 20)

    def note(self, record: Record) -> None:
        self._file.write(orjson.dumps((type(record).__name__, *record), option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        self._file.close()


def read_history(folder: Path) -> Iterator[Record]:
    with (folder / FILE).open("rb") as file:
        for line in file:
            kind, *fields = orjson.loads(line)
            yield _KINDS[kind](*fields)


def subject_of(data: dict[str, Any]) -> str:
    """Returns the id of the message, account or chat in an event's data."""
    return str(data.get("id") or data.get("account_id") or data.get("chat_id") or "")
