"""What the clients noted down while things went wrong, in the order in which it happened to them.

Records are only ever added, each as a line of JSON: a run that failed can be looked at again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import orjson

FILE = "history.jsonl"


class Requested(NamedTuple):
    """A client wants to send a message. It is tried until it is answered or refused."""

    account: str
    chat: str
    client_msg_id: str


class Answered(NamedTuple):
    """The message stands, says the server; a retry is answered like this too."""

    client_msg_id: str
    id: str
    seq: int
    replayed: bool


class Unknown(NamedTuple):
    """An attempt had no answer, or 503: it may stand or not."""

    client_msg_id: str
    why: str


class Refused(NamedTuple):
    """A final answer: it does not stand, and will not."""

    client_msg_id: str
    code: str


class Resumed(NamedTuple):
    """A device was let in with these cursors."""

    device: str
    account: str
    cursors: dict[str, int]


class Applied(NamedTuple):
    """An event reached a device. `subject` is the id of what it tells about."""

    device: str
    stream: str
    seq: int
    kind: str
    subject: str


class Gap(NamedTuple):
    """A device was told that the log does not hold what comes next."""

    device: str
    stream: str
    first_seq: int
    last_seq: int


class Finished(NamedTuple):
    """A device has resumed at the end, and had all the time it needed."""

    device: str


class Moving(NamedTuple):
    """The first request to let somebody into a chat or out of it is about to go out, and has been answered."""

    chat: str
    account: str
    step: str


class Closed(NamedTuple):
    """A device's socket was closed: with a code by the server, with none by the network."""

    device: str
    code: int | None


class Mark(NamedTuple):
    """Something was done to the servers, the database or the network."""

    at: float
    what: str


Record: TypeAlias = (
    Requested | Answered | Unknown | Refused | Resumed | Applied | Gap | Finished | Moving | Closed | Mark
)
RESTART = "rolling-restart"
"""The mark under which clients may be told to come back, and nothing else."""
ADDING, ADDED, REMOVING, REMOVED = "adding", "added", "removing", "removed"
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Requested, Answered, Unknown, Refused, Resumed, Applied, Gap, Finished, Moving, Closed, Mark)
}


class History:
    """Notes records down, until it is closed."""

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
    """What an event is about, out of its data: the message, the account or the chat."""
    return str(data.get("id") or data.get("account_id") or data.get("chat_id") or "")
