"""Calls about threads."""

from typing import Any

import httpx

from tests.fakers import FakeClient, ok


async def reply(user: FakeClient, chat_id: str, root_seq: int = 1, text: str = "Ответ") -> dict[str, Any]:
    return await user.send(chat_id, text, root_seq=root_seq)


async def thread(user: FakeClient, chat_id: str, root_seq: int = 1) -> dict[str, Any] | None:
    summary: dict[str, Any] | None = ok(await user.get(f"/chats/{chat_id}/messages/{root_seq}"))["thread"]
    return summary


async def replies(user: FakeClient, chat_id: str, root_seq: int = 1, **position: Any) -> dict[str, Any]:
    return ok(await user.get(f"/chats/{chat_id}/threads/{root_seq}/messages", **position))


async def followed(user: FakeClient, **filters: Any) -> list[tuple[int, int, int]]:
    """The threads that a user follows: root, read position and number of unread replies."""
    items = ok(await user.get("/threads", **filters))["items"]
    return [(item["root"]["seq"], item["read_seq"], item["unread_count"]) for item in items]


async def read(user: FakeClient, chat_id: str, seq: int, root_seq: int = 1) -> dict[str, Any]:
    return ok(await user.put(f"/chats/{chat_id}/threads/{root_seq}/read", {"seq": seq}))


async def follow(user: FakeClient, chat_id: str, root_seq: int = 1) -> httpx.Response:
    return await user.put(f"/chats/{chat_id}/threads/{root_seq}/follow")


async def unfollow(user: FakeClient, chat_id: str, root_seq: int = 1) -> httpx.Response:
    return await user.delete(f"/chats/{chat_id}/threads/{root_seq}/follow")
