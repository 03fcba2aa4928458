"""Helpers of the tests: pages with a title, and messages that wait for their preview."""

from typing import Any

from tests.adapters.http_servers import RawServer, response
from tests.fakers import FakeClient, eventually, ok


def page(title: str, **meta: str) -> bytes:
    tags = "".join(f'<meta property="og:{name}" content="{value}">' for name, value in meta.items())
    body = f"<!doctype html><head><title>{title}</title>{tags}</head><body>…</body>"
    return response(body.encode(), content_type="text/html; charset=utf-8")


def url_of(web: RawServer, path: str = "/") -> str:
    return web.url(path, "site.example")


async def read(user: FakeClient, chat_id: str, seq: int = 1) -> dict[str, Any]:
    return ok(await user.get(f"/chats/{chat_id}/messages/{seq}"))


async def titles_of(user: FakeClient, chat_id: str, seq: int = 1) -> list[str]:
    return [preview["title"] for preview in (await read(user, chat_id, seq))["link_previews"]]


async def until_titled(user: FakeClient, chat_id: str, *titles: str, seq: int = 1) -> None:
    """Waits until the message has a preview with this title; without one, until it has none."""

    async def is_so() -> bool:
        return await titles_of(user, chat_id, seq) == list(titles)

    await eventually(is_so)
