"""Makes written messages known: to the followers in this process directly, to other processes by the bus."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from app.adapters.base.bus import Bus
from app.modules.messages_module.services.batch import Written
from app.modules.streams_module.services.frames import Frame, encode_event
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.log import encode_time
from app.utils.isolation import call_isolated


def publish(hub: Hub, bus: Bus, written: Written) -> None:
    """Publishes messages to this process' followers without a read. Other processes are notified by the bus."""
    make = partial(make_frames, written.chat_id, written.base, encode_time(written.at), written.events)
    call_isolated(hub.publish, written.chat_id, make, written.base + 1)
    bus.notify_stream(written.chat_id, written.base + len(written.events))


def make_frames(chat_id: UUID, base: int, at: str, events: Sequence[bytes]) -> list[Frame]:
    """Returns the frames of `message.created` events with the numbers after `base`."""
    stream_id = str(chat_id)
    return [encode_event(stream_id, seq, "message.created", event, at) for seq, event in enumerate(events, base + 1)]
