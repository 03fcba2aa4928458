"""Jobs while the store is down: they run again soon, and that is no failure of theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.jobs_module.extension import RetryAt

_AFTER = timedelta(seconds=5)


@contextmanager
def postponed_while_down() -> Iterator[None]:
    """Raises RetryAt in place of StoreUnavailable."""
    try:
        yield
    except StoreUnavailable:
        raise RetryAt(datetime.now(UTC) + _AFTER) from None
