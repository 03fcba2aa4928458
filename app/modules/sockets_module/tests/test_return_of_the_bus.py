"""After an outage of the bus each account with a socket reads again which accounts are hidden from it."""

import asyncio
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.accounts_module.services.tokens import Identity
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.services.send_buffer import SendBuffer, Turn
from app.modules.sockets_module.services.socket import Socket
from app.modules.sockets_module.services.sources import Sources
from app.modules.streams_module.services.hub import Hub
from app.utils.container import Container
from tests.fakers import eventually

ACCOUNTS = 500
UNREAD = frozenset({"not read again"})


async def test_requests_do_not_wait_until_all_accounts_have_read(app: FastAPI, server: httpx.AsyncClient) -> None:
    container: Container = app.state.container
    database, registry = container.get(Database), container.get(Registry)
    sockets = []
    for _ in range(ACCOUNTS):
        send_buffer = SendBuffer(lambda message: None, None, lambda: None, Turn())  # type: ignore[arg-type, return-value]
        account_id = uuid4()
        socket = Socket(Identity(account_id, account_id), send_buffer, container.get(Hub), container.get(Sources))
        registry.add(socket)
        socket.hidden = UNREAD
        sockets.append(socket)

    def unread() -> int:
        return sum(socket.hidden is UNREAD for socket in sockets)

    async def are_all_read() -> bool:
        return unread() == 0

    # Two connections are open afterwards.
    async with database.connection(), database.connection():
        pass
    container.get(Bus)._report_reconnect()  # type: ignore[type-abstract]
    await asyncio.sleep(0)
    async with database.connection():
        assert unread() > ACCOUNTS / 2
    await eventually(are_all_read)
    for socket in sockets:
        registry.remove(socket)
