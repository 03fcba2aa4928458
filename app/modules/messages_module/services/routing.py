"""Which process writes a send: the question of the queue, answered by the delegation."""

from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.batch import Written
from app.modules.messages_module.services.sends import Sent


class Router(Protocol):
    """Decides which process writes a send of a client."""

    def take(
        self,
        chat_id: UUID,
        sender_id: UUID,
        message: MessageCreate,
        on_result: Callable[[Sent | Exception], None],
        find_refusal: Callable[[], Exception | None] | None,
        session_id: UUID | None,
    ) -> bool:
        """Returns False if this process writes the send."""

    def on_written(self, chat_id: UUID) -> None:
        """Called when this process has written all sends of a chat that it had."""

    def share(self, written: Sequence[Written]) -> None:
        """Called with the messages of each batch that this process has written."""
