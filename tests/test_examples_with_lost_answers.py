"""The example clients of docs/realtime.md stay signed in, although the answer of a refresh is lost."""

import asyncio
from typing import Any, cast

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient
from tests.messengers import Client, in_node, in_python
from tests.servers import listening


class _Losing:
    """An application whose first answer to a refresh is lost, while its connection stays open."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.refreshed, self.ends = 0, asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/api/v1/accounts/refresh":
            self.refreshed += 1
            if self.refreshed == 1:
                return await self._app(scope, receive, self._lose)
        return await self._app(scope, receive, send)

    async def _lose(self, message: Any) -> None:
        await self.ends.wait()


@pytest.mark.parametrize("client", [in_python, in_node], ids=["python", "node"])
async def test_a_client_repeats_a_refresh_without_an_answer_while_the_server_returns_the_same_pair(
    settings: Settings, boris: FakeClient, club: str, client: Client
) -> None:
    losing = _Losing(build_app(settings))
    tokens = {"access_token": "expired", "refresh_token": boris.refresh_token}
    async with listening(cast("FastAPI", losing)) as address:
        try:
            async with client(f"http://{address}", tokens) as read:
                assert list((await read()).chats) == [club]
        finally:
            losing.ends.set()
    assert losing.refreshed == 2
