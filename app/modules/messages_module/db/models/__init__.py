from app.modules.messages_module.db.models.message import Message
from app.modules.messages_module.db.models.reaction import Reaction

__all__ = ["Message", "Reaction"]
