"""Follows messages and read positions, and enqueues the jobs that notify devices and clear their notifications."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.modules.jobs_module.extension import Jobs, NewJob
from app.modules.push_module.db.cruds import planning, sending
from app.modules.push_module.services.clearing import CLEAR, ReadChat
from app.modules.push_module.services.planning import DELAY, LATE, PLAN, NewMessages
from app.modules.push_module.services.use import PushUse
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext

_COMPARED = 100
"""Members, or subscriptions, of which a subscribed member of a chat is looked for."""


async def _follow(context: SubscriberContext, events: Sequence[Event]) -> None:
    jobs = context.container.get(Jobs)
    first: dict[tuple[UUID, datetime | None], int] = {}
    moved: set[tuple[UUID, UUID]] = set()
    for event in events:
        if event.kind == "message.created":
            # Writing a message also reads the chat.
            moved.add((event.stream_id, UUID(event.data["sender_id"])))
            moment = _end_of_second(event.at) if event.at > context.at - LATE else None
            first.setdefault((event.stream_id, moment), event.data["seq"])
        else:
            moved.add((UUID(event.data["chat_id"]), event.stream_id))
    subscribed = await planning.list_subscribed(context.connection, {chat_id for chat_id, _ in first}, _COMPARED)
    plans: list[NewJob] = []
    for (chat_id, moment), seq in first.items():
        if chat_id in subscribed:
            messages = NewMessages(chat_id=chat_id, first_seq=seq, until=moment)
            plans.append(NewJob(messages, f"{chat_id}:{moment or 'late'}", (moment or context.at) + DELAY))
    await jobs.enqueue_all(context.work, PLAN, plans)
    clears = [
        NewJob(ReadChat(chat_id=chat_id, account_id=account_id), str(chat_id), owner_id=account_id)
        for chat_id, account_id in await sending.list_notified(context.connection, moved)
    ]
    await jobs.enqueue_all(context.work, CLEAR, clears)


def _end_of_second(at: datetime) -> datetime:
    """Messages of one second have one job."""
    return at.replace(microsecond=0) + timedelta(seconds=1)


FOLLOW = Subscriber(
    "push", ("message.created", "read.moved", "chat.left"), _follow, across_streams=True, is_idle=PushUse.is_idle_in
)
