from app.modules.sockets_module.schemas.answers import (
    EmptyReply,
    ErrorReply,
    Gap,
    GapFrame,
    HelloAnswer,
    HelloReply,
    Nothing,
    OkReply,
    PresenceSignal,
)
from app.modules.sockets_module.schemas.frames import (
    MAX_CURSORS,
    Hello,
    HelloData,
    Ping,
    RequestFrame,
    RequestId,
)

__all__ = [
    "MAX_CURSORS",
    "EmptyReply",
    "ErrorReply",
    "Gap",
    "GapFrame",
    "Hello",
    "HelloAnswer",
    "HelloData",
    "HelloReply",
    "Nothing",
    "OkReply",
    "Ping",
    "PresenceSignal",
    "RequestFrame",
    "RequestId",
]
