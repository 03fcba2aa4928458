from app.modules.streams_module.services.subscribers.runner import Subscribers

__all__ = ["Subscribers"]
