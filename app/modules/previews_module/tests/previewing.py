"""Helpers of the tests: pages with a title, and messages that wait for their preview."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import Database
from app.modules.previews_module.services.fetching import ADD_PREVIEW
from app.utils.container import Container
from tests.adapters.http_servers import FakeResolver, RawServer, http_client, response
from tests.fakers import FakeClient, eventually, ok


@asynccontextmanager
async def web_for(container: Container) -> AsyncIterator[RawServer]:
    """A web server on loopback that the application reaches under the name `site.example`, and no other host."""
    before = container.get(HttpClient)
    resolver = FakeResolver({"site.example": [["127.0.0.1"]]})
    async with RawServer().listening() as server, http_client(resolver, timeout_s=60) as client:
        container.replace(HttpClient, client)
        yield server
        container.replace(HttpClient, before)


def page(title: str, **meta: str) -> bytes:
    tags = "".join(f'<meta property="og:{name}" content="{value}">' for name, value in meta.items())
    body = f"<!doctype html><head><title>{title}</title>{tags}</head><body>…</body>"
    return response(body.encode(), content_type="text/html; charset=utf-8")


def url_of(web: RawServer, path: str = "/") -> str:
    return web.url(path, "site.example")


async def send_link(user: FakeClient, chat: str, web: RawServer, image: bytes, path: str = "/news") -> None:
    """Sends a link to a page with this image."""
    web.pages |= {path: page("Заголовок", image=f"{path}.png"), f"{path}.png": image}
    await user.send(chat, url_of(web, path))


async def until_shown(user: FakeClient, chat: str, seq: int = 1) -> dict[str, Any]:
    """Waits until the preview of a message has an image, and returns the preview."""

    async def is_shown() -> bool:
        return any(one["attachment_id"] for one in (await read(user, chat, seq))["link_previews"])

    await eventually(is_shown)
    (preview,) = (await read(user, chat, seq))["link_previews"]
    return dict(preview)


async def read(user: FakeClient, chat_id: str, seq: int = 1) -> dict[str, Any]:
    return ok(await user.get(f"/chats/{chat_id}/messages/{seq}"))


async def titles_of(user: FakeClient, chat_id: str, seq: int = 1) -> list[str]:
    return [preview["title"] for preview in (await read(user, chat_id, seq))["link_previews"]]


async def until_titled(user: FakeClient, chat_id: str, *titles: str, seq: int = 1) -> None:
    """Waits until the message has a preview with this title; without one, until it has none."""

    async def is_so() -> bool:
        return await titles_of(user, chat_id, seq) == list(titles)

    await eventually(is_so)


async def until_idle(container: Container) -> None:
    """Waits until no event and no job is left that could add a preview."""

    async def is_idle() -> bool:
        async with container.get(Database).connection() as connection:
            behind = await connection.fetchval(
                """
                SELECT count(*) FROM stream s LEFT JOIN subscriber_cursor c
                    ON c.stream_id = s.id AND c.subscriber = 'previews'
                WHERE EXISTS (
                    SELECT FROM event e WHERE e.stream_id = s.id AND e.seq > coalesce(c.seq, 0)
                      AND e.kind IN ('message.created', 'message.edited')
                )
                """
            )
            jobs = await connection.fetchval("SELECT count(*) FROM job WHERE name = $1", ADD_PREVIEW.name)
            return not behind and not jobs

    await eventually(is_idle)
