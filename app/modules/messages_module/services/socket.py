"""Socket requests of messages: `send` and `typing`."""

from typing import Any

from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.schemas.socket import TypingData, TypingSignal, send_data
from app.modules.messages_module.services.changes import check_mark
from app.modules.messages_module.services.parts import MessageParts
from app.modules.messages_module.services.permissions import POST, TYPE
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Sent
from app.modules.messages_module.settings import TYPING
from app.modules.sockets_module.extension import Done, Signal, SocketAction, SocketContext
from app.resources.constants import SIGNALLED_MEMBERS
from app.services.rate_limits import RateLimits


def _send(context: SocketContext, data: Any, done: Done) -> None:
    """Sends a message, as POST does. The reply contains the message."""

    def on_result(result: Sent | Exception) -> None:
        done(result.body if isinstance(result, Sent) else result)

    context.container.get(SendQueue).put(
        data.chat_id, context.account_id, data, on_result, context.find_refusal, session_id=context.session_id
    )


async def _type(context: SocketContext, data: TypingData) -> None:
    """Signals to the other members of a chat that the caller is typing or has stopped."""
    limits = context.container.get(RateLimits)
    limits.hit(TYPING, context.account_id.int)
    async with context.unit_of_work() as work:
        await check_mark(work, context.container.get(MessageParts), data.chat_id, context.account_id)
    if context.granted.member_count <= SIGNALLED_MEMBERS:
        typing = {"chat_id": data.chat_id, "account_id": context.account_id, "is_typing": data.is_typing}
        context.signal("typing", typing, data.chat_id)


SOCKET = (
    # The queue checks who may post, under the lock of the chat.
    SocketAction(
        "send",
        send_data,
        lambda modules: message_models(modules).read,
        begin=_send,
        ordered_by="chat_id",
        scope=POST.scope,
    ),
    SocketAction("typing", TypingData, handle=_type, ordered_by="chat_id", permission=TYPE),
    Signal("typing", TypingSignal),
)
