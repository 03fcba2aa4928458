"""Random actions of a few users in their chats: the server gives the same answers as a model in plain Python."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.databases import Databases
from tests.fakers import FakeClient, ok, problem
from tests.fuzz.effort import effort
from tests.fuzz.model import Chat, Events, Json, Message, Refusal, plain, plain_events
from tests.servers import served, settings_for

USERS = 4
CHATS = 3

users = st.integers(0, USERS - 1)
chats = st.integers(0, CHATS - 1)
# Mostly of messages that exist.
seqs = st.integers(1, 9)
texts = st.sampled_from(["да", "нет", " может быть ", "👍"])
emojis = st.sampled_from(["👍", "❤️", "🎉"])
roles = st.sampled_from(["admin", "member", "reader"])
limits = st.integers(1, 6)
positions = st.integers(0, 12) | st.just(2**63 - 1)


class Talk(RuleBasedStateMachine):
    """Four users and three chats: two groups, and a channel that starts with two of the users."""

    def __init__(self, portal: BlockingPortal, http: httpx.AsyncClient) -> None:
        super().__init__()
        self.portal = portal
        self.users = [self.do(FakeClient.sign_up, http) for _ in range(USERS)]
        self.streams: dict[str, Events] = {user.id: [] for user in self.users}
        self.chats = [self.open(0, 1, 2, 3), self.open(1, 0), self.open(2, 0, type="channel")]
        self.retries: list[tuple[FakeClient, Chat, Json, int]] = []

    def do(self, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return self.portal.call(partial(call, *args, **named))

    def open(self, *members: int, type: str = "group") -> Chat:  # noqa: A002
        creator, *others = (self.users[each] for each in members)
        chat_id = self.do(creator.open_chat, *others, type=type)
        return Chat(chat_id, type, [creator.id, *(other.id for other in others)], self.streams)

    def both(self, caller: int, method: str, path: str, body: Json | None, model: Callable[[], int]) -> httpx.Response:
        """Sends the same call to the server and to the model. Both must succeed, or refuse with the same status."""
        response: httpx.Response = self.do(self.users[caller].call, method, path, body)
        try:
            status = model()
        except Refusal as refusal:
            status = refusal.status
        assert response.status_code == status, response.text
        return response

    @rule(caller=users, chat=chats, text=texts, reply_to=st.none() | st.none() | seqs, is_careful=st.booleans())
    def send(self, caller: int, chat: int, text: str, reply_to: int | None, is_careful: bool) -> None:
        user, place = self.users[caller], self.chats[chat]
        body = {"client_msg_id": str(uuid4()) if is_careful else None, "text": text, "reply_to_seq": reply_to}
        response = self.do(user.post, f"/chats/{place.id}/messages", body)
        refusal = place.refusal_of_send(user.id, reply_to)
        assert response.status_code == (refusal or 201), response.text
        if refusal:
            return
        answer = ok(response)
        fixed: Json = {"chat_id": place.id, "seq": len(place.messages) + 1, "sender_id": user.id, "type": "text"}
        fixed |= {"client_msg_id": body["client_msg_id"], "reply_to_seq": reply_to, "attachments": []}
        fixed |= {"text_format": "plain", "entities": [], "forwarded_from": None, "root_seq": None, "via_hook": None}
        fixed["link_previews"] = []
        place.sent(user.id, Message({"id": answer["id"], "created_at": answer["created_at"], **fixed}, text))
        assert "idempotent-replayed" not in response.headers
        assert plain(answer) == place.messages[-1].as_json()
        if is_careful:
            self.retries.append((user, place, body, len(place.messages)))

    @rule(which=st.integers(0, 20), text=st.none() | st.none() | texts)
    def send_again(self, which: int, text: str | None) -> None:
        """Repeats a send, or, with a `text`, sends something else under the same id."""
        if not self.retries:
            return
        user, place, body, seq = self.retries[which % len(self.retries)]
        response = self.do(user.post, f"/chats/{place.id}/messages", body | ({"text": text} if text else {}))
        if user.id not in place.members:
            problem(response, 404, "not_found")
        elif text not in (None, body["text"]):
            problem(response, 422, "idempotency_mismatch")
        else:
            assert (response.status_code, response.headers["idempotent-replayed"]) == (200, "true")
            assert plain(response.json()) == place.messages[seq - 1].seen_by(user.id)

    @rule(caller=users, chat=chats, seq=seqs, text=texts)
    def edit(self, caller: int, chat: int, seq: int, text: str) -> None:
        place = self.chats[chat]
        path = f"/chats/{place.id}/messages/{seq}"
        self.both(caller, "PATCH", path, {"text": text}, lambda: place.edit(self.users[caller].id, seq, text))

    @rule(caller=users, chat=chats, seq=seqs)
    def delete(self, caller: int, chat: int, seq: int) -> None:
        place = self.chats[chat]
        path = f"/chats/{place.id}/messages/{seq}"
        self.both(caller, "DELETE", path, None, lambda: place.delete(self.users[caller].id, seq))

    @rule(caller=users, chat=chats, seq=seqs, emoji=emojis, gives=st.booleans())
    def react(self, caller: int, chat: int, seq: int, emoji: str, gives: bool) -> None:
        place = self.chats[chat]
        change = place.react if gives else place.take_back
        path = f"/chats/{place.id}/messages/{seq}/reactions/{emoji}"
        self.both(caller, "PUT" if gives else "DELETE", path, None, lambda: change(self.users[caller].id, seq, emoji))

    @rule(caller=users, chat=chats, seq=st.integers(0, 9))
    def read(self, caller: int, chat: int, seq: int) -> None:
        place, reader = self.chats[chat], self.users[caller].id
        response = self.both(caller, "PUT", f"/chats/{place.id}/read", {"seq": seq}, lambda: place.read(reader, seq))
        if response.is_success:
            seen = place.seen_by(reader)
            assert response.json() == {name: seen[name] for name in ("read_seq", "unread_count")}

    @rule(caller=users, chat=chats, other=users, role=roles)
    def add_member(self, caller: int, chat: int, other: int, role: str) -> None:
        place, new = self.chats[chat], self.users[other].id
        body = {"account_ids": [new], "role": role}
        self.both(
            caller, "POST", f"/chats/{place.id}/members", body, lambda: place.add(self.users[caller].id, new, role)
        )

    @rule(caller=users, chat=chats, other=users)
    def remove_member(self, caller: int, chat: int, other: int) -> None:
        place, old = self.chats[chat], self.users[other].id
        path = f"/chats/{place.id}/members/{old}"
        self.both(caller, "DELETE", path, None, lambda: place.remove(self.users[caller].id, old))

    @rule(caller=users, chat=chats, other=users, role=roles | st.just("owner"))
    def change_role(self, caller: int, chat: int, other: int, role: str) -> None:
        place, member = self.chats[chat], self.users[other].id
        path = f"/chats/{place.id}/members/{member}"
        self.both(caller, "PATCH", path, {"role": role}, lambda: place.change_role(self.users[caller].id, member, role))

    @rule(
        caller=users,
        chat=chats,
        side=st.sampled_from([None, "before_seq", "after_seq", "around_seq"]),
        position=positions,
        limit=limits,
    )
    def page_of_history(self, caller: int, chat: int, side: str | None, position: int, limit: int) -> None:
        place, reader = self.chats[chat], self.users[caller]
        where = {side: position} if side else {}
        response = self.do(reader.get, f"/chats/{place.id}/messages", limit=limit, **where)
        if reader.id not in place.members:
            problem(response, 404, "not_found")
        else:
            answer = ok(response)
            page = place.history(reader.id, side, position, limit)
            assert answer | {"items": list(map(plain, answer["items"]))} == page

    @rule(caller=users, chat=chats, after=st.integers(0, 25), limit=limits)
    def page_of_events(self, caller: int, chat: int, after: int, limit: int) -> None:
        place, reader = self.chats[chat], self.users[caller]
        response = self.do(reader.get, f"/chats/{place.id}/events", after=after, limit=limit)
        last = len(place.events) if reader.id in place.members else place.left.get(reader.id, 0)
        if reader.id not in place.members and not 0 < after < last:
            problem(response, 404, "not_found")
        elif after > last:
            problem(response, 410, "stream_gap")
        else:
            page = ok(response)
            assert [event["seq"] for event in page["items"]] == list(range(after + 1, min(after + limit, last) + 1))
            assert plain_events(page["items"]) == place.events[after : min(after + limit, last)]
            assert page["last_seq"] == last

    @rule(caller=users, limit=st.integers(1, CHATS))
    def list_of_chats(self, caller: int, limit: int) -> None:
        """Lists all of the account's chats in pages: the one with the newest message first."""
        reader = self.users[caller]
        mine = sorted((chat for chat in self.chats if reader.id in chat.members), key=lambda chat: -chat.active)
        answer = self.do(walk, reader, "/chats", limit)
        for chat, seen in zip(mine, answer, strict=True):
            expected = chat.seen_by(reader.id)
            last = seen["last_message"]
            assert {name: seen[name] for name in expected} == expected | {"last_message": last}
            assert (plain(last) if last else None) == expected["last_message"]

    @rule(caller=users, chat=chats, limit=limits)
    def list_of_members(self, caller: int, chat: int, limit: int) -> None:
        place, reader = self.chats[chat], self.users[caller]
        if reader.id in place.members:
            answer = self.do(walk, reader, f"/chats/{place.id}/members", limit)
            assert [(member["account_id"], member["role"], member["read_seq"]) for member in answer] == [
                (account_id, member.role, member.read_seq) for account_id, member in place.members.items()
            ]

    def teardown(self) -> None:
        """Compares everything once more at the end."""
        for caller, user in enumerate(self.users):
            self.list_of_chats(caller, CHATS)
            own = self.do(user.own_events)
            # The first event is the sign-in.
            assert [event["seq"] for event in own] == list(range(2, len(own) + 2))
            assert plain_events(own) == self.streams[user.id]
            for chat in range(CHATS):
                self.page_of_history(caller, chat, "after_seq", 0, 200)
                self.page_of_events(caller, chat, 0, 200)
                self.list_of_members(caller, chat, 1)


async def walk(user: FakeClient, path: str, limit: int) -> list[Json]:
    """Returns a whole list, page by page."""
    items: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = ok(await user.get(path, limit=limit, **cursor))
        assert len(page["items"]) == limit or page["next_cursor"] is None
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    """Connects the synchronous state machine to an application in another thread."""
    with start_blocking_portal() as portal:
        yield portal


def test_the_server_answers_as_the_model(portal: BlockingPortal, databases: Databases, base_settings: Settings) -> None:
    with (
        portal.wrap_async_context_manager(databases.one()) as address,
        portal.wrap_async_context_manager(served(build_app(replace(base_settings, db=settings_for(address))))) as http,
    ):
        machine: Any = partial(Talk, portal, http)
        run_state_machine_as_test(machine, settings=effort(25, stateful_step_count=40))
