"""A subscriber that starts at the first event and inserts a row for each."""

from collections.abc import Sequence

from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.utils.module import Module

_NOTE = "INSERT INTO bench_noted (stream_id, seq, text) VALUES ($1, $2, $3)"


async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
    rows = [(event.stream_id, event.seq, event.data["text"]) for event in events]
    await context.connection.executemany(_NOTE, rows)


module = Module(
    name="noting",
    description="A subscriber that notes each message",
    depends_on=("streams", "messages"),
    contributes=(Subscriber("noting", ("message.created",), handle, start="first"),),
)
