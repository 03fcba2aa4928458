"""The address of a webhook is a secret: no log has it."""

from urllib.parse import urlsplit

import httpx
from loguru import logger

from app.modules.incoming_webhooks_module.tests.hooks import create_hook, post
from tests.fakers import FakeClient


async def test_no_log_has_the_token(anna: FakeClient, club: str, server: httpx.AsyncClient) -> None:
    hook = await create_hook(anna, club)
    path = urlsplit(hook["url"]).path
    token = path.rsplit("/", 1)[1]
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE")
    try:
        answers = [
            await post(server, hook, "Готово"),
            await post(server, hook),
            await server.get(path),
            await server.post(f"{path}/more"),
            await server.options(path, headers={"Origin": "https://a.example"}),
            await server.post(f"{path[:-1]}%0A", json={"text": "x"}),
        ]
    finally:
        logger.remove(sink)
    assert [answer.status_code for answer in answers[:4]] == [200, 400, 405, 404]
    written = "".join(lines)
    assert written.count("/api/v1/hooks/") >= len(answers)
    assert token[:-1] not in written
