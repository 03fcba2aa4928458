"""A process that was suspended: changes made meanwhile apply from its first moment on."""

import asyncio
import os
import signal
from pathlib import Path

import httpx

from app.adapters.db.address import DatabaseAddress
from tests.databases import execute
from tests.fakers import API, FakeClient, FakeSocket, ok, problem
from tests.server_processes import servers

_FROZEN = 3.5
"""Seconds."""


async def test_a_session_revoked_during_the_suspension_can_neither_write_nor_read(
    shared_database: DatabaseAddress, tmp_path: Path
) -> None:
    with servers(shared_database, tmp_path, 1) as (server,):
        async with (
            httpx.AsyncClient(base_url=f"http://{server.address}", timeout=30) as http,
            httpx.AsyncClient(base_url=f"http://{server.address}", timeout=30) as stolen_http,
        ):
            anna = await FakeClient.sign_up(http)
            stolen = await FakeClient(stolen_http, id=anna.id, username=anna.username).sign_in()
            chat = await anna.open_chat()
            async with FakeSocket(stolen, server.address) as lost, FakeSocket(anna, server.address) as kept:
                headers = stolen.headers | {"Accept": "text/event-stream"}
                async with stolen_http.stream("GET", f"{API}/chats/{chat}/events", headers=headers) as stream:
                    os.kill(server.process.pid, signal.SIGSTOP)
                    try:
                        # As if the process had been suspended since then: longer than it looks back.
                        await execute(
                            shared_database,
                            """UPDATE auth_session SET revoked_at = now() - interval '1 hour'
                               WHERE account_id = $1 AND id <> (
                                   SELECT id FROM auth_session WHERE account_id = $1 ORDER BY created_at LIMIT 1)""",
                            anna.uuid,
                        )
                        for number in range(20):
                            lost.begin("send", chat_id=chat, text=f"потерянный {number}")
                        lost.begin("read", chat_id=chat, seq=0)
                        sent = kept.begin("send", chat_id=chat, text="свой")
                        await asyncio.sleep(_FROZEN)
                    finally:
                        os.kill(server.process.pid, signal.SIGCONT)
                    await lost.until(lambda: lost.close_code is not None)
                    assert lost.close_code == 4401
                    async with asyncio.timeout(60):
                        async for _ in stream.aiter_bytes():
                            pass
                assert (await sent)["status"] == "ok"
                assert [item["text"] for item in ok(await anna.get(f"/chats/{chat}/messages"))["items"]] == ["свой"]
                problem(await stolen.get("/accounts/me"), 401, "unauthenticated")
                ok(await anna.get("/accounts/me"))
