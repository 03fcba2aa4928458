"""Incoming webhooks, and programs that post to them."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.fakers import FakeClient, ok


async def create_hook(user: FakeClient, chat_id: str, name: str = "Сборка") -> dict[str, Any]:
    """Creates a webhook of the chat and returns it with its address."""
    return ok(await user.post(f"/chats/{chat_id}/incoming-webhooks", {"name": name}))


async def post(http: httpx.AsyncClient, hook: dict[str, Any], text: str = "", **more: Any) -> httpx.Response:
    """Posts a payload as JSON, or what `more` says, without any other token."""
    if not more:
        more = {"json": {"text": text}}
    return await http.post(urlsplit(hook["url"]).path, **more)


async def texts_of(user: FakeClient, chat_id: str) -> list[str]:
    return [message["text"] for message in await messages_of(user, chat_id)]


async def messages_of(user: FakeClient, chat_id: str) -> list[dict[str, Any]]:
    return list(ok(await user.get(f"/chats/{chat_id}/messages"))["items"])


async def hook_events(user: FakeClient, chat_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Returns what the stream of the chat says about its webhooks."""
    events = await user.events(chat_id)
    return [(event["kind"], event["data"]) for event in events if event["kind"].startswith("incoming_webhook.")]
