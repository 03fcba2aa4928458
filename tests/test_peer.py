"""What is noted of the client whose request is answered goes with the request."""

import asyncio
import gc
import weakref

from starlette.types import Receive, Scope, Send

from app.fastapi_engine.middlewares.log_middleware import LogMiddleware


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
