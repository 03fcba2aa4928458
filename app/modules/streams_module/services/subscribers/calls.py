"""Calls handlers of subscribers, with a time limit."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from app.adapters.db.idle import find_idleness
from app.adapters.errors import DatabaseUnavailable, PoolExhausted, TransientDatabaseError
from app.modules.streams_module.extension import Event, LeftToOthers, Rebuild, Subscriber, SubscriberContext
from app.utils.isolation import surviving_cancellation

HANDLER_TIMEOUT = 30.0
"""Seconds for one call. A handler that never returned would hold up all streams of its subscriber."""
NO_FAILURE = (DatabaseUnavailable, PoolExhausted, LeftToOthers)
"""Errors that no event has caused. Nothing is counted, and the events are handled later."""


@dataclass(slots=True)
class Outcome:
    """Result for a subscriber's streams.

    `seqs`: their cursors now. `more`: streams with more events to handle. `taken`: streams whose cursor another process
    has locked, or that wait for a retry. `events`: how many the handler was given. `is_late`: the handler was stopped.
    `is_rebuild`: `rebuild` was called. `calling_since`: when the transaction began to call handlers, by the monotonic
    clock.
    """

    seqs: dict[UUID, int] = field(default_factory=dict)
    more: set[UUID] = field(default_factory=set)
    taken: set[UUID] = field(default_factory=set)
    events: int = 0
    is_late: bool = False
    is_rebuild: bool = False
    calling_since: float = inf

    def add(self, other: "Outcome") -> None:
        self.seqs |= other.seqs
        self.more |= other.more
        self.taken |= other.taken

    def find_failure(self, error: TransientDatabaseError) -> TimeoutError | None:
        """Returns the failure of a handler because of which PostgreSQL has ended the idle transaction, if it has."""
        return _too_late() if self.is_late else find_idleness(error, self.calling_since)


async def call_handler(
    subscriber: Subscriber, context: SubscriberContext, events: Sequence[Event], outcome: Outcome
) -> None:
    """Calls the handler. Raises TimeoutError after HANDLER_TIMEOUT, and notes it in the outcome."""
    try:
        async with asyncio.timeout(HANDLER_TIMEOUT) as limit:
            with surviving_cancellation():
                await subscriber.handle(context, events)
    except TimeoutError:
        if not limit.expired():
            raise
        outcome.is_late = True
        raise _too_late() from None


async def call_rebuild(rebuild: Rebuild, context: SubscriberContext, through_seq: int) -> None:
    """Calls `rebuild` of a subscriber for the context's stream. It may take as long as it needs."""
    with surviving_cancellation():
        await rebuild(context, context.stream_id, through_seq)


def _too_late() -> TimeoutError:
    return TimeoutError(f"it took longer than {HANDLER_TIMEOUT:g} s")
