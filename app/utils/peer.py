"""Whether the client at the other end of a connection is still there."""

from contextvars import ContextVar

from starlette.types import Scope

_STATE = "peer"


class ClientLeft(Exception):
    """The client left while its request waited for its turn: no work was done."""


class Peer:
    """The client of one connection. `has_left`: it sends nothing more. `is_gone`: no answer can reach it either."""

    __slots__ = ("has_left", "is_gone")

    def __init__(self) -> None:
        self.has_left = self.is_gone = False


current_peer: ContextVar[Peer | None] = ContextVar("current_peer", default=None)
"""The client of the request that is being answered."""


def check_client() -> None:
    """Raises ClientLeft if the client of the current request has left.

    Queues call it when the turn of one that had to wait has come: requests that were given up would hold up the others.
    """
    peer = current_peer.get()
    if peer is not None and peer.has_left:
        raise ClientLeft


def with_peer(state: dict[str, object], peer: Peer) -> dict[str, object]:
    """Returns the ASGI state of a connection's requests."""
    return {**state, _STATE: peer}


def peer_of(scope: Scope) -> Peer:
    """The client that sent this request. Servers other than this project's own do not say when it has left."""
    peer = scope.get("state", {}).get(_STATE)
    return peer if isinstance(peer, Peer) else Peer()
