"""What holds in every database, as the modules that own the tables declare it; `manage.py doctor` looks after it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """Something that the code relies on and no constraint can say.

    - `says`: what holds, as a sentence.
    - `find`: one statement, so one snapshot; a row `(stream_id, detail)` for each place where it does not hold, where
      `stream_id` is the chat or account whose lock a repair takes.
    - `advice`: what to do about it.
    - `fix`: statements that mend it under those locks, given the stream ids as `$1`. They compute from what is there,
      so a place that is whole again meanwhile stays as it is. None where nothing but a backup helps.
    """

    says: str
    find: str
    advice: str
    fix: tuple[str, ...] = ()
