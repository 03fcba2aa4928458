"""Five subscribers that match no event of a send."""

from collections.abc import Sequence

from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.utils.module import Module


async def handle(context: SubscriberContext, events: Sequence[Event]) -> None:
    raise AssertionError("no such event exists")


module = Module(
    name="idle",
    description="Subscribers without events",
    depends_on=("streams",),
    contributes=tuple(Subscriber(f"idle.{number}", ("idle.never",), handle) for number in range(5)),
)
