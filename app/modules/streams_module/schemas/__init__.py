from app.modules.streams_module.schemas.event import EVENT_TEXTS, EVENTS, EventPage, EventRead

__all__ = ["EVENTS", "EVENT_TEXTS", "EventPage", "EventRead"]
