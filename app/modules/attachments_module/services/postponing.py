"""Jobs while the store is down: they run again soon, and that is no failure of theirs."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.jobs_module.extension import RetryAfter

_AFTER = 5.0


@contextmanager
def postponed_while_down() -> Iterator[None]:
    """Raises RetryAfter in place of StoreUnavailable."""
    try:
        yield
    except StoreUnavailable:
        raise RetryAfter(_AFTER) from None
