"""The kinds of violations."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    LOST = "lost"
    """An acknowledged message is not stored, an event was not handled, or a job did not run."""
    DOUBLED = "doubled"
    """A message is stored twice, or an event was delivered or handled twice."""
    HOLE = "hole"
    """A sequence number is missing: in a chat, in a log, or in what a device received."""
    LEAK = "leak"
    """Something reached a user who was not in the chat, or was accepted from such a user."""
    CHANGED = "changed"
    """Two answers about the same thing differ, or an answer and the database differ."""
    REFUSED = "refused"
    """A member's message was refused, or never settled."""
    BROKEN = "broken"
    """An invariant that `manage.py doctor` checks does not hold."""
    MISORDERED = "misordered"
    """A subscriber has handled the events of a stream in another order than their sequence numbers."""
    LATE = "late"
    """A subscriber or a job was later than promised."""
    UNAVAILABLE = "unavailable"
    """The server did not behave as promised while the database was unavailable, or afterwards."""


class Violation(NamedTuple):
    kind: Kind
    detail: str
