"""What is stored in the database at the end of a run."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import asyncpg
import orjson

from app.adapters.db.address import DatabaseAddress
from app.utils.invariants import Invariant
from app.utils.setup_modules import discover_modules

FILE = "truth.json"


class Message(NamedTuple):
    seq: int
    id: str
    client_msg_id: str | None
    sender: str


class Event(NamedTuple):
    seq: int
    kind: str
    subject: str


@dataclass
class Truth:
    """Chats with their messages, streams with their events, each in ascending order; and their counters.

    `broken` lists the invariants that do not hold, as `manage.py doctor` does."""

    messages: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    last_seqs: dict[str, int] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    heads: dict[str, tuple[int, int]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        (folder / FILE).write_bytes(orjson.dumps(self.__dict__, default=tuple))

    @classmethod
    def load(cls, folder: Path) -> "Truth":
        saved = orjson.loads((folder / FILE).read_bytes())
        return cls(
            messages={chat: [Message(*row) for row in rows] for chat, rows in saved["messages"].items()},
            last_seqs=saved["last_seqs"],
            events={stream: [Event(*row) for row in rows] for stream, rows in saved["events"].items()},
            heads={stream: (first, last) for stream, (first, last) in saved["heads"].items()},
            broken=saved["broken"],
        )


_MESSAGES = "SELECT chat_id, seq, id, client_msg_id, sender_id FROM message ORDER BY chat_id, seq"
_EVENTS = """
SELECT stream_id, seq, kind, coalesce(data->>'id', data->>'account_id', data->>'chat_id', '') AS subject
FROM event ORDER BY stream_id, seq
"""


async def read_truth(address: DatabaseAddress) -> Truth:
    truth = Truth()
    connection = await asyncpg.connect(**address.connect_arguments())
    try:
        for row in await connection.fetch(_MESSAGES):
            client_msg_id = str(row["client_msg_id"]) if row["client_msg_id"] else None
            message = Message(row["seq"], str(row["id"]), client_msg_id, str(row["sender_id"]))
            truth.messages[str(row["chat_id"])].append(message)
        for row in await connection.fetch(_EVENTS):
            truth.events[str(row["stream_id"])].append(Event(row["seq"], row["kind"], row["subject"]))
        for row in await connection.fetch("SELECT id, last_seq FROM chat"):
            truth.last_seqs[str(row["id"])] = row["last_seq"]
        for row in await connection.fetch("SELECT id, first_seq, last_seq FROM stream"):
            truth.heads[str(row["id"])] = row["first_seq"], row["last_seq"]
        for invariant in _invariants():
            truth.broken += [
                f"{invariant.says}: {row['stream_id']}: {row['detail']}"
                for row in await connection.fetch(invariant.find)
            ]
    finally:
        await connection.close()
    return truth


def _invariants() -> Sequence[Invariant]:
    """Returns what the modules declare for `manage.py doctor`."""
    return [invariant for module in discover_modules().values() for invariant in module.invariants]
