"""Several processes for tests of delegation, all in this one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.services.delegation import Delegation
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient, eventually
from tests.servers import served


def container_of(app: FastAPI) -> Container:
    container: Container = app.state.container
    return container


async def until_connected(*apps: FastAPI) -> None:
    """Waits until each of these processes can delegate to all others."""

    async def is_so() -> bool:
        return all(container_of(app).get(Delegation).group.ready == len(apps) - 1 for app in apps)

    await eventually(is_so)


@asynccontextmanager
async def process(settings: Settings, *others: FastAPI) -> AsyncIterator[tuple[FastAPI, Any]]:
    """Another process on the same database, connected with these."""
    app = build_app(settings)
    async with served(app) as http:
        await until_connected(app, *others)
        yield app, http


async def open_chat_of(app: FastAPI, owner: FakeClient, *members: FakeClient) -> str:
    """Returns a chat that another process writes for this one."""
    while True:
        chat = await owner.open_chat(*members)
        if container_of(app).get(Delegation).group.find(UUID(chat)) is not None:
            return chat


def message(text: str, *, has_id: bool = True) -> MessageCreate:
    return MessageCreate(text=text, **({"client_msg_id": uuid4()} if has_id else {}))
