"""The users of the table, and chats in which they have their places."""

from itertools import count
from typing import Any, NamedTuple

import httpx

from app.adapters.db.address import DatabaseAddress
from tests.access.operations import Operation
from tests.access.rows import ASKED, IN_CHAT, VALUES
from tests.access.table import USERS, Row
from tests.databases import execute
from tests.fakers import FakeClient, ok

_NOT_IN_PATH = ("body", "form", "headers", "path", "query")
_MEMBERS = {"direct": ("bystander",)}
_GROUP = ("former", "reader", "member", "bystander", "bystander_of_owner")
_WRITERS = {
    "group": ("owner", "admin", "member", "reader", "former", "bystander"),
    "channel": ("owner", "admin", "member", "reader"),
    "direct": ("member", "bystander"),
}


class Chat(NamedTuple):
    """A chat in which each kind of user has a place, the message that each has written, and the values of modules."""

    id: str
    messages: dict[str, dict[str, Any]]
    values: dict[str, Any]


async def values_in(chat_id: str, owner: FakeClient) -> dict[str, Any]:
    """Create what modules want to have in a chat."""
    return {name: await make(owner, chat_id) for name, make in IN_CHAT.items()}


class World:
    """The users by their names in the table. Bystanders, newcomers and a second admin are the targets of actions.

    The owner has a bystander and a newcomer of his own, so that an earlier action of an admin does not interfere."""

    def __init__(self, users: dict[str, FakeClient]) -> None:
        self.users = users
        self._numbers = count(1)

    @classmethod
    async def make(cls, http: httpx.AsyncClient, database: DatabaseAddress) -> "World":
        signed_in = {*USERS, *_GROUP, "second_admin", "newcomer", "newcomer_of_owner"} - {"anonymous", "ended"}
        users = {name: await FakeClient.sign_up(http, name) for name in sorted(signed_in)}
        users["anonymous"] = FakeClient(http, id=users["bystander"].id, username="anonymous")
        users["ended"] = await users["owner"].another_device().sign_in()
        ok(await users["ended"].post("/accounts/sign-out"))
        await users["neighbour"].open_chat(users["bystander"])
        await execute(database, "UPDATE account SET is_admin = true WHERE id = $1", users["operator"].uuid)
        return cls(users)

    def owner_of(self, kind: str) -> FakeClient:
        """Returns the user who creates chats of this kind. A direct chat has no owner."""
        return self.users["member" if kind == "direct" else "owner"]

    async def open_chat(self, kind: str) -> Chat:
        """Create a chat. Of the one direct chat, only the messages are new.

        In a channel member and reader have been admins, and have posted."""
        owner, users = self.owner_of(kind), self.users
        members = [users[name] for name in _MEMBERS.get(kind, _GROUP)]
        chat = Chat(await owner.open_chat(*members, type=kind), {}, {})
        if kind != "direct":
            admins = [users["admin"].id, users["second_admin"].id]
            ok(await owner.post(f"/chats/{chat.id}/members", {"account_ids": admins, "role": "admin"}))
        for name in ("member", "reader") if kind == "channel" else ():
            ok(await owner.patch(f"/chats/{chat.id}/members/{users[name].id}", {"role": "admin"}))
        for name in _WRITERS[kind]:
            chat.messages[name] = await users[name].send(chat.id, f"Пишет {name}")
        chat.values.update(await values_in(chat.id, owner))
        if kind == "channel":
            ok(await owner.patch(f"/chats/{chat.id}/members/{users['member'].id}", {"role": "member"}))
        if kind != "direct":
            ok(await owner.patch(f"/chats/{chat.id}/members/{users['reader'].id}", {"role": "reader"}))
            ok(await owner.delete(f"/chats/{chat.id}/members/{users['former'].id}"))
        return chat

    async def ask(
        self,
        operation: Operation,
        row: Row,
        caller: str,
        chat: Chat | None,
        *,
        path: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send the request of the row. `path`, `query` and `body` replace parts of its own, `headers` those of the
        caller."""
        asked = await self.fill(ASKED.get(row.name, ASKED.get(row.operation, {})), caller, chat)
        parts = {name: value for name, value in asked.items() if name not in _NOT_IN_PATH}
        if chat is not None:
            parts["chat_id"] = chat.id
        user = self.users[caller]
        sent = asked.get("body", operation.body)
        return await user.http.request(
            operation.method,
            asked.get("path") or operation.at(**parts | (path or {})),
            json=None if "form" in asked else sent | body if body else sent,
            data=asked.get("form"),
            params=asked.get("query", {}) | (query or {}) or None,
            headers=(user.headers if headers is None else headers) | asked.get("headers", {}),
        )

    async def fill(self, asked: Any, caller: str, chat: Chat | None) -> Any:
        """Returns the parameters with the values that their `@names` have for this caller."""
        if isinstance(asked, dict):
            return {name: await self.fill(value, caller, chat) for name, value in asked.items()}
        if isinstance(asked, list):
            return [await self.fill(value, caller, chat) for value in asked]
        return await self._value(asked[1:], caller, chat) if str(asked).startswith("@") else asked

    async def _value(self, name: str, caller: str, chat: Chat | None) -> Any:
        user = self.users[caller]
        signed_in = user if user.headers and caller != "ended" else self.users["owner"]
        if name.removesuffix("_of_another") in VALUES:
            value = VALUES[name.removesuffix("_of_another")]
            return await value(self.users["bystander"] if name not in VALUES else signed_in)
        match name:
            case "id" | "username" | "refresh_token":
                return getattr(user, name)
            case "new_email":
                return f"new_{next(self._numbers)}@example.com"
            case "new_name":
                return f"new_{next(self._numbers)}"
            case "session":
                return await _session_of(signed_in)
            case "session_of_another":
                return await _session_of(self.users["bystander"])
            case "bystander" | "newcomer" if caller == "owner":
                return self.users[f"{name}_of_owner"].id
            case _ if name in self.users:
                return self.users[name].id
        assert chat is not None, name
        if name in IN_CHAT:
            return chat.values[name]
        own = chat.messages.get(caller, next(iter(chat.messages.values())))
        match name:
            case "chat":
                return chat.id
            case "own_seq" | "own_text" | "own_client_msg_id":
                return own[name.removeprefix("own_")]
            case "seq_of_another":
                return next(message["seq"] for writer, message in chat.messages.items() if writer != caller)
        raise KeyError(name)


async def _session_of(user: FakeClient) -> str:
    sessions = ok(await user.get("/accounts/sessions"))["items"]
    return str(next(session["id"] for session in sessions if session["current"]))
