from app.modules.sockets_module.schemas.frames import (
    Hello,
    HelloData,
    HelloReply,
    Ping,
    ReadData,
    ReadRequest,
    Request,
    RequestFrame,
    SendData,
    SendRequest,
    Typing,
    TypingData,
)

__all__ = [
    "Hello",
    "HelloData",
    "HelloReply",
    "Ping",
    "ReadData",
    "ReadRequest",
    "Request",
    "RequestFrame",
    "SendData",
    "SendRequest",
    "Typing",
    "TypingData",
]
