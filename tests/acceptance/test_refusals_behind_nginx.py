"""nginx with the documented configuration in front of two processes that refuse some requests."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from fastapi import FastAPI, Response

from tests.acceptance.test_http_behind_nginx import DOCUMENTED
from tests.nginx import nginx_on
from tests.processes import free_port
from tests.servers import listening


def refusing_reads() -> FastAPI:
    """Answers like a server whose search index is being built: writes succeed."""
    app = FastAPI()

    @app.get("/api/v1/search/messages")
    async def search() -> Response:
        return Response(status_code=503, headers={"Retry-After": "1"})

    @app.post("/api/v1/chats", status_code=201)
    async def create() -> None: ...

    return app


def configured(port: int, *servers: str) -> str:
    """Returns the documented configuration for these servers, without TLS."""
    documented = re.sub(r"(?m)^ *ssl_.*\n", "", DOCUMENTED).replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    for number, server in enumerate(servers):
        documented = documented.replace(f"127.0.0.1:{8788 + number}", server)
    return documented


async def test_a_refusal_takes_no_process_out(tmp_path: Path) -> None:
    """Two refused reads would otherwise leave no process for any client: 502 for all."""
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(listening(refusing_reads())) for _ in range(2)]
        port = free_port()
        stack.enter_context(nginx_on(port, tmp_path, configured(port, *servers)))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}"))
        for _ in range(3):
            refused = await http.get("/api/v1/search/messages")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert (await http.post("/api/v1/chats")).status_code == 201
