from app.modules.streams_module.db.models.event import Event
from app.modules.streams_module.db.models.stream import Stream
from app.modules.streams_module.db.models.subscriber import (
    SubscriberCursor,
    SubscriberFailure,
    SubscriberProcess,
    SubscriberRow,
    SubscriberSweep,
)

__all__ = [
    "Event",
    "Stream",
    "SubscriberCursor",
    "SubscriberFailure",
    "SubscriberProcess",
    "SubscriberRow",
    "SubscriberSweep",
]
