"""A request notices when its client disconnects, and holds no memory once it is answered."""

import asyncio
import gc
import weakref

from starlette.types import Receive, Scope, Send

from app.fastapi_engine.middlewares.log_middleware import LogMiddleware
from app.modules.streams_module.services.hub import Hub
from tests.fakers import API, FakeClient, eventually, ok
from tests.servers import ReusedServer
from tests.test_upgrades import statuses


async def test_the_task_of_an_answered_request_is_freed_without_the_garbage_collector() -> None:
    tasks: list[weakref.ref[asyncio.Task[None]]] = []

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(weakref.ref(task))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        return None

    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "headers": [],
        "client": None,
        "query_string": b"",
    }
    gc.disable()
    try:
        await asyncio.create_task(LogMiddleware(answer)(scope, receive, send))
        await asyncio.sleep(0)
        assert tasks[0]() is None
    finally:
        gc.enable()


async def test_a_poll_ends_when_its_client_disconnects(
    anna: FakeClient, club: str, running_server: ReusedServer
) -> None:
    hub = running_server.container.get(Hub)

    async def is_followed() -> bool:
        return bool(hub.feeds)

    async def is_released() -> bool:
        return not hub.feeds

    host, port = running_server.address.split(":")
    head = ok(await anna.get(f"/chats/{club}"))["event_seq"]
    poll = f"GET {API}/chats/{club}/events?after={head}&wait=30 HTTP/1.1\r\nHost: x\r\nAuthorization: "
    for more in ("", "Accept: text/event-stream\r\n"):
        for is_half in (False, True):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"{poll}{anna.headers['Authorization']}\r\n{more}\r\n".encode())
            await eventually(is_followed)
            if is_half:
                writer.write_eof()
                assert statuses(await reader.read()) == [b"200"]
            else:
                writer.transport.abort()
            await eventually(is_released)
            writer.close()
