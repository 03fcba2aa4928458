"""Whether the client at the other end of a connection is still there."""

import asyncio
from contextvars import ContextVar, Token
from typing import Any, TypeAlias

from starlette.types import Scope

_STATE = "peer"


class ClientLeft(Exception):
    """The client left while its request waited for its turn: no work was done."""


class RemoteClient:
    """The client of one connection. `has_left`: it sends nothing more. `is_gone`: no answer can reach it either."""

    __slots__ = ("has_left", "is_gone")

    def __init__(self) -> None:
        self.has_left = self.is_gone = False


_Served: TypeAlias = "tuple[RemoteClient, asyncio.Task[Any] | None] | None"
_served: ContextVar[_Served] = ContextVar("served", default=None)


def serve_client(remote_client: RemoteClient) -> Token[_Served]:
    """Notes the client whose request the current task answers. Tasks that the request starts are nobody's: they may
    work for other clients, too.

    Give the token to `end_serving`: a task whose own context refers to it is freed by the garbage collector alone.
    """
    return _served.set((remote_client, asyncio.current_task()))


def end_serving(token: Token[_Served]) -> None:
    """The request is answered."""
    _served.reset(token)


def check_client() -> None:
    """Raises ClientLeft if the client whose request the current task answers has left.

    Queues call it when the turn of one that had to wait has come: requests that were given up would hold up the others.
    """
    served = _served.get()
    if served is not None and served[0].has_left and served[1] is asyncio.current_task():
        raise ClientLeft


def with_remote_client(state: dict[str, object], remote_client: RemoteClient) -> dict[str, object]:
    """Returns the ASGI state of a connection's requests."""
    return {**state, _STATE: remote_client}


def remote_client_of(scope: Scope) -> RemoteClient:
    """The client that sent this request. Servers other than this project's own do not say when it has left."""
    remote_client = scope.get("state", {}).get(_STATE)
    return remote_client if isinstance(remote_client, RemoteClient) else RemoteClient()
