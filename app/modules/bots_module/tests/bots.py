"""Bots, and programs that call with their keys."""

from itertools import count
from typing import Any

from app.modules.keys_module.tests.keys import create_key, program_of
from tests.fakers import FakeClient, ok

_numbers = count(1)


async def create_bot(owner: FakeClient, *scopes: str, **fields: Any) -> FakeClient:
    """Creates a bot with a key of these scopes, or of all. Returns its program."""
    body = {"username": f"helper_bot_{next(_numbers)}", **fields}
    bot = ok(await owner.post("/bots", body))
    key = await create_key(owner, *scopes, path=f"/bots/{bot['id']}/keys")
    program = program_of(owner, key, bot["id"])
    program.username = bot["username"]
    return program


async def add(owner: FakeClient, chat_id: str, bot: FakeClient, role: str = "member") -> None:
    ok(await owner.post(f"/chats/{chat_id}/members", {"account_ids": [bot.id], "role": role}))


async def role_of(user: FakeClient, chat_id: str, member: FakeClient) -> str | None:
    """Returns the role of a member as this user sees it."""
    members = ok(await user.get(f"/chats/{chat_id}/members", limit=200))["items"]
    return next((each["role"] for each in members if each["account_id"] == member.id), None)
