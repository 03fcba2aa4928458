"""Deleting bytes soon after the message that carried them."""

from collections.abc import Sequence

from app.modules.attachments_module.db.cruds import contents as crud
from app.modules.attachments_module.services.collecting import collect_soon
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.modules.streams_module.services.log import now


async def _handle(context: SubscriberContext, events: Sequence[Event]) -> None:
    """The deletion itself has marked the files: here the collector is called, where there are any."""
    if await crud.is_any_due(context.connection, now()):
        await collect_soon(context.work, context.container.get(Jobs))


DELETIONS = Subscriber("attachments", ("message.deleted",), _handle)
