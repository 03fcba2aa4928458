"""The job that decides, some seconds after a message, which devices are notified of it."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from app.modules.jobs_module.extension import Job, JobContext, Jobs, Lane
from app.modules.push_module.db.cruds import planning as crud
from app.modules.push_module.services.choosing import choose
from app.modules.push_module.services.sending import SEND, to_device
from app.services.context import Context

PLANNING = Lane("push planning", 4)
DELAY = timedelta(seconds=3)
"""How long a message may be read before devices are notified of it."""
LATE = timedelta(minutes=3)
"""Messages that are older were held up. A chat has one notification of all of them."""
_ACCOUNTS_AT_ONCE = 500
_MESSAGES = 500
"""The newest ones, among which a message that notifies is looked for."""
_FIRST = UUID(int=0)


class NewMessages(BaseModel):
    """Messages of a chat from a number on. `until`: the time of the last one; None: any, they were held up."""

    chat_id: UUID
    first_seq: int
    until: datetime | None


async def _plan(context: JobContext, messages: NewMessages) -> None:
    """Each page of members is a transaction. A retry finds the notifications of the earlier ones there."""
    after: UUID | None = _FIRST
    while after is not None:
        after = await _plan_page(context, messages, after)


async def _plan_page(context: JobContext, new: NewMessages, after: UUID) -> UUID | None:
    """Returns the last account of the page, None if there are no more."""
    at = context.at
    # If the job itself was held up, it takes all newer messages too, and the jobs after it find them notified.
    until = new.until if new.until is not None and new.until > at - LATE else at - DELAY
    jobs = context.container.get(Jobs)
    async with context.unit_of_work() as work:
        raw = await work.raw()
        messages = await crud.list_messages(raw, new.chat_id, new.first_seq, until, _MESSAGES)
        if not messages:
            return None
        readers = await crud.list_readers(raw, new.chat_id, after, _ACCOUNTS_AT_ONCE)
        if readers is None:
            return None
        unread = {one: seq for one, seq in readers.read_seqs.items() if seq < messages[0].seq}
        if unread:
            reading = Context(raw, context.container, at)
            chosen = await choose(reading, new.chat_id, readers.chat_type, messages, unread)
            devices = await crud.add_notifications(raw, new.chat_id, chosen, at)
            await jobs.enqueue_all(work, SEND, [to_device(*device) for device in devices])
    return readers.last


PLAN = Job("push.plan", NewMessages, _plan, timeout_s=300.0, lane=PLANNING.name)
