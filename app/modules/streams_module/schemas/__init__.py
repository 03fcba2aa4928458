from app.modules.streams_module.schemas.event import EventPage, EventRead

__all__ = ["EventPage", "EventRead"]
