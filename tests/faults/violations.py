"""What can be found to be wrong."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    LOST = "lost"
    """A message that was acknowledged does not stand, an event was not handled, or a job did not run."""
    DOUBLED = "doubled"
    """A message stands twice, or an event came or was handled twice."""
    HOLE = "hole"
    """A number is missing: in a chat, in a log, or in what a device was told."""
    LEAK = "leak"
    """Something reached somebody who was not in the chat, or was taken from such a one."""
    CHANGED = "changed"
    """Two answers about the same thing differ, or an answer and the database."""
    REFUSED = "refused"
    """A member's message was refused, or never settled."""
    BROKEN = "broken"
    """An invariant that `manage.py doctor` looks after does not hold."""
    MISORDERED = "misordered"
    """A subscriber has handled the events of a stream in another order than that of their numbers."""
    LATE = "late"
    """A subscriber or a job came later than promised."""
    UNAVAILABLE = "unavailable"
    """The server did not behave as promised while the database was away, or after."""


class Violation(NamedTuple):
    kind: Kind
    detail: str
