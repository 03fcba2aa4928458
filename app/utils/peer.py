"""Whether the client at the other end of a connection is still there."""

from starlette.types import Scope

_STATE = "peer"


class Peer:
    """The client of one connection."""

    __slots__ = ("has_left",)

    def __init__(self) -> None:
        self.has_left = False


def with_peer(state: dict[str, object], peer: Peer) -> dict[str, object]:
    """Returns the ASGI state of a connection's requests."""
    return {**state, _STATE: peer}


def peer_of(scope: Scope) -> Peer:
    """The client that sent this request. Servers other than this project's own do not say when it has left."""
    peer = scope.get("state", {}).get(_STATE)
    return peer if isinstance(peer, Peer) else Peer()
