"""Accounts with sockets read again which accounts are hidden from them, since notifications may be lost."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.sockets_module.services.registry import Registry
from app.modules.sockets_module.tests.sample_sockets import UNREAD, add_socket
from app.utils.background import running
from app.utils.container import Container
from tests.fakers import FakeClient, eventually

ACCOUNTS = 500


async def test_requests_do_not_wait_until_all_accounts_have_read(app: FastAPI, server: httpx.AsyncClient) -> None:
    container: Container = app.state.container
    database, registry = container.get(Database), container.get(Registry)
    sockets = [add_socket(container, uuid4()) for _ in range(ACCOUNTS)]

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


async def test_a_block_whose_notification_is_lost_is_found_later(
    anna: FakeClient, boris: FakeClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.modules.sockets_module.services.hidden_accounts._READ_AGAIN_AFTER", 0.05)
    registry, socket = container.get(Registry), add_socket(container, boris.uuid)

    async def is_hidden() -> bool:
        return socket.hidden == {anna.id}

    async with container.get(Database).connection() as connection:
        await connection.execute("INSERT INTO account_block VALUES ($1, $2, now())", anna.uuid, boris.uuid)
    async with running(registry.hidden.keep_loading_all()):
        await eventually(is_hidden)
    registry.remove(socket)
