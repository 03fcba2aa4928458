from app.modules.streams_module.db.models.event import Event
from app.modules.streams_module.db.models.stream import Stream

__all__ = ["Event", "Stream"]
