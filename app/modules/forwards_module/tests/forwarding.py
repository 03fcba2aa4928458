"""Forwards in tests."""

import httpx

from tests.fakers import FakeClient


async def forward(
    user: FakeClient, chat_id: str, seq: int, to_chat_id: str, client_msg_id: str | None = None
) -> httpx.Response:
    body = {"to_chat_id": to_chat_id, "client_msg_id": client_msg_id}
    return await user.post(f"/chats/{chat_id}/messages/{seq}/forward", body)
