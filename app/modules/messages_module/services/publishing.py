"""Makes written messages known: to this process' followers and subscribers directly, to other processes by the bus."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from app.adapters.base.bus import Bus
from app.modules.messages_module.services.batch import Written
from app.modules.streams_module.services.frames import Frame, encode_events
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.log import encode_time
from app.modules.streams_module.services.subscribers import Subscribers
from app.utils.isolation import call_isolated


class Publisher:
    """Publishes written messages. Only other processes must read them from the log."""

    def __init__(self, hub: Hub, bus: Bus, subscribers: Subscribers) -> None:
        self._hub = hub
        self._bus = bus
        self._subscribers = subscribers

    def publish(self, written: Written) -> None:
        chat_id, base, events = written.chat_id, written.base, written.events
        make = partial(make_frames, chat_id, base, encode_time(written.at), events)
        call_isolated(self._hub.publish, chat_id, make, base + 1)
        call_isolated(self._subscribers.note_appended, chat_id, base, written.at, events)
        self._bus.notify_stream(chat_id, base + len(events))


def make_frames(chat_id: UUID, base: int, at: str, events: Sequence[bytes]) -> list[Frame]:
    """Returns the frames of `message.created` events with the numbers after `base`."""
    return encode_events(str(chat_id), base + 1, "message.created", events, at)
