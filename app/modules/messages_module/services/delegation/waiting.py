"""Sends without a result, chat by chat, and the results that other processes return."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from app.adapters.clients.peers import PeerLink
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.delegation.wire import FAILED, REFUSED, REPLAYED, read_refusal
from app.modules.messages_module.services.sends import Sent


class DelegatedSendError(Exception):
    """An unexpected error in the process that writes the chat. Its log has the traceback."""


class Waiting(NamedTuple):
    """A send without a result. `is_local`: only this process may write it."""

    chat_id: UUID
    sender_id: UUID
    message: MessageCreate
    on_result: Callable[[Sent | Exception], None]
    find_refusal: Callable[[], Exception | None] | None
    session_id: UUID | None
    is_local: bool


class DelegatedChat:
    """A chat with sends that are delegated or held.

    `sent`: those that `link` has, by their numbers. `held`: later ones, which wait until another process, or the queue
    of this one, has written the earlier ones. So the sends of a chat keep their order when its writer changes.
    """

    __slots__ = ("chat_id", "held", "link", "sent")

    def __init__(self, chat_id: UUID) -> None:
        self.chat_id = chat_id
        self.link: PeerLink | None = None
        self.sent: dict[int, Waiting] = {}
        self.held: deque[Waiting] = deque()


def read_outcome(kind: int, result: bytes) -> Sent | Exception:
    """Returns the result of a send. Raises BadFrame."""
    if kind == FAILED:
        return DelegatedSendError(result.decode())
    return read_refusal(result) if kind == REFUSED else Sent(result, replayed=kind == REPLAYED)
