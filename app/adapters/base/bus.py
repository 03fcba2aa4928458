"""The doorbell between processes. It carries no news, only that there is some: the log is the truth."""

from abc import ABC, abstractmethod
from uuid import UUID


class Bus(ABC):
    """Rings may be lost, doubled or late; whoever listens reads the log, and looks at it now and then anyway."""

    @abstractmethod
    def ring(self, stream_id: UUID, last_seq: int) -> None:
        """Says that a stream now ends at `last_seq`. Never waits, never fails."""
