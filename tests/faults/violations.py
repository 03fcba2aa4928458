"""What can be found to be wrong."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    LOST = "lost"
    """A message that was acknowledged does not stand."""
    DOUBLED = "doubled"
    """A message stands twice, or an event came twice."""
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
    AWAY = "away"
    """The server did not behave as promised while the database was away, or after."""


class Violation(NamedTuple):
    kind: Kind
    detail: str
