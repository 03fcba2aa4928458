"""Invariants of the database, declared by the modules that own the tables and checked by `manage.py doctor`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """A condition that the code relies on and that no constraint can express.

    - `says`: the condition as a sentence.
    - `find`: one statement, so one snapshot. It returns a row `(stream_id, detail)` for each violation, where
      `stream_id` is the chat or account whose lock a repair takes.
    - `advice`: what to do about a violation.
    - `fix`: statements that repair violations under those locks, given the stream ids as `$1`. They compute from the
      current data, so a violation that has disappeared meanwhile changes nothing. Empty if only a backup helps.
    """

    says: str
    find: str
    advice: str
    fix: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """A contribution to `manage.py doctor`: a check that needs more than rows, such as the settings or stored files.

    - `says`: the condition as a sentence.
    - `find(settings, connection)`: returns a line for each violation. The connection cannot write.
    - `advice`: what the operator should do.
    """

    says: str
    find: Callable[[Any, Any], Awaitable[Sequence[str]]]
    advice: str
