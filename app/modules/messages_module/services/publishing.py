"""Makes written messages known: to the followers in this process directly, to other processes by the bus."""

from collections.abc import Sequence

from app.adapters.base.bus import Bus
from app.modules.messages_module.services.batch import Written
from app.modules.streams_module.services.frames import Frame, encode_event
from app.modules.streams_module.services.hub import Hub
from app.modules.streams_module.services.log import encode_time
from app.utils.isolation import call_isolated


def publish(hub: Hub, bus: Bus, written: Written) -> None:
    """Publishes messages to this process' followers without a read. Other processes are notified by the bus."""
    first = written.base + 1

    def make_frames() -> Sequence[Frame]:
        chat_id, at = str(written.chat_id), encode_time(written.at)
        return [
            encode_event(chat_id, seq, "message.created", event, at) for seq, event in enumerate(written.events, first)
        ]

    call_isolated(hub.publish, written.chat_id, make_frames, first)
    bus.notify_stream(written.chat_id, written.base + len(written.events))
