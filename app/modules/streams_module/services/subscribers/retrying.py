"""Retries events that were set aside, when an operator asks for it."""

from collections.abc import Mapping
from time import monotonic

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.adapters.errors import TransientDatabaseError
from app.modules.streams_module.db.cruds import subscribers as crud
from app.modules.streams_module.extension import Subscriber, SubscriberContext, make_event
from app.modules.streams_module.services.log import now
from app.modules.streams_module.services.subscribers.calls import NO_FAILURE, Outcome, call_handler
from app.utils.container import Container


async def retry_failure(database: Database, container: Container, subscribers: Mapping[str, Subscriber]) -> bool:
    """Handles one of the events that were set aside and are to be retried. Returns True if there was one."""
    outcome = Outcome()
    row = None
    try:
        async with open_unit_of_work(database) as work:
            raw = await work.raw()
            row = await crud.claim_failure(raw, list(subscribers))
            if row is None:
                return False
            stream_id, name, seq = row["stream_id"], row["subscriber"], row["failed_seq"]
            failure: Exception | None = None
            if row["seq"] is None:
                failure = LookupError("the event log no longer contains the event")
            else:
                context = SubscriberContext(raw, container, now(), work, stream_id)
                event = make_event(stream_id, row["seq"], row["kind"], row["data"], row["at"])
                try:
                    async with work.savepoint():
                        outcome.calling_since = monotonic()
                        await call_handler(subscribers[name], context, [event], outcome)
                except NO_FAILURE:
                    raise
                except Exception as error:  # noqa: BLE001 - the error is stored with the event
                    failure = error
            if failure is None:
                await crud.forget_failure(raw, stream_id, name, seq)
            else:
                await crud.fail_again(raw, stream_id, name, seq, repr(failure))
    except TransientDatabaseError as error:
        late = outcome.find_failure(error)
        if late is None or row is None:
            raise
        async with open_unit_of_work(database) as work:
            key = row["stream_id"], row["subscriber"], row["failed_seq"]
            await crud.fail_again(await work.raw(), *key, repr(late))
    return True
