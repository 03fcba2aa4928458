"""What other modules may add to the WebSocket."""

from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True)
class Signal:
    """Something that clients get live and that is not kept, as typing.

    `data` describes it, `kind` included. A signal of any other kind never reaches a client.
    """

    kind: str
    data: type[BaseModel]
