"""The clock of a process, which may differ from those of the database and of other processes."""

from datetime import datetime, timedelta, tzinfo


def clock_moved_by(difference: timedelta) -> type[datetime]:
    """Returns the `datetime` of modules whose process has a wrong clock."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Moved":
            return super().now(tz) + difference

    return Moved
