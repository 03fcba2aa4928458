"""Random histories: after every step all counters of threads equal those of a model that counts one by one."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.fakers import FakeClient, ok

STEPS = 120


@dataclass
class Message:
    sender: str
    root: int | None
    is_deleted: bool = False


@dataclass
class Position:
    read: int
    is_following: bool | None


@dataclass
class Model:
    """The threads of one chat in plain Python. Messages are numbered from 1."""

    members: set[str]
    messages: list[Message] = field(default_factory=list)
    positions: dict[tuple[str, int], Position] = field(default_factory=dict)
    # Threads by the time of their newest reply, also of one that was deleted since.
    activity: dict[int, int] = field(default_factory=dict)

    def replies(self, root: int) -> list[int]:
        return [seq for seq, one in enumerate(self.messages, 1) if one.root == root and not one.is_deleted]

    def may_be_root(self, seq: int) -> bool:
        message = self.messages[seq - 1]
        return message.root is None and (not message.is_deleted or seq in self.activity)

    def send(self, sender: str, root: int | None) -> None:
        self.messages.append(Message(sender, root))
        if root is None:
            return
        seq = len(self.messages)
        self.activity[root] = seq
        author = self.messages[root - 1].sender
        if author != sender and author in self.members:
            before = self.positions.setdefault((author, root), Position(root, None))
            before.is_following = True if before.is_following is None else before.is_following
        position = self.positions.setdefault((sender, root), Position(0, None))
        position.read, position.is_following = seq, True

    def read(self, user: str, root: int, seq: int) -> None:
        position = self.positions.setdefault((user, root), Position(0, None))
        position.read = max(position.read, seq)

    def follow(self, user: str, root: int) -> None:
        newest = max(self.replies(root), default=root)
        position = self.positions.setdefault((user, root), Position(0, None))
        if not position.is_following:
            position.read, position.is_following = max(position.read, newest), True

    def unfollow(self, user: str, root: int) -> None:
        self.positions.setdefault((user, root), Position(root, None)).is_following = False

    def leave(self, user: str) -> None:
        self.members.remove(user)
        self.positions = {key: position for key, position in self.positions.items() if key[0] != user}

    def summary(self, root: int) -> dict[str, Any] | None:
        there = self.replies(root)
        senders = dict.fromkeys(self.messages[seq - 1].sender for seq in there)
        return {"reply_count": len(there), "last_seq": max(there), "participants": list(senders)} if there else None

    def followed(self, user: str, *, only_unread: bool) -> list[tuple[int, int, int]]:
        shown = [
            (root, position.read, sum(seq > position.read for seq in self.replies(root)))
            for (reader, root), position in self.positions.items()
            if reader == user and position.is_following and self.replies(root)
        ]
        shown.sort(key=lambda one: self.activity[one[0]], reverse=True)
        return [one for one in shown if one[2] or not only_unread]


async def step(dice: Random, model: Model, users: dict[str, FakeClient], owner: FakeClient, chat: str) -> None:
    actor = users[dice.choice(sorted(model.members))]
    last = len(model.messages)
    seq = dice.randint(max(last - 12, 1), last) if last else 0
    match dice.choice(("send", "reply", "reply", "reply", "delete", "read", "follow", "unfollow", "leave", "join")):
        case "send":
            await actor.send(chat)
            model.send(actor.id, None)
        case "reply" if last:
            answer = await actor.post(f"/chats/{chat}/messages", {"text": "Ответ", "root_seq": seq})
            assert answer.is_success is model.may_be_root(seq), answer.text
            if answer.is_success:
                model.send(actor.id, seq)
        case "delete" if last and (actor is owner or model.messages[seq - 1].sender == actor.id):
            ok(await actor.delete(f"/chats/{chat}/messages/{seq}"))
            model.messages[seq - 1].is_deleted = True
        case "read" if last and model.messages[seq - 1].root is None:
            until = dice.randint(0, last)
            ok(await actor.put(f"/chats/{chat}/threads/{seq}/read", {"seq": until}))
            model.read(actor.id, seq, until)
        case "follow" if last and model.may_be_root(seq):
            ok(await actor.put(f"/chats/{chat}/threads/{seq}/follow"))
            model.follow(actor.id, seq)
        case "unfollow" if last and model.messages[seq - 1].root is None:
            ok(await actor.delete(f"/chats/{chat}/threads/{seq}/follow"))
            model.unfollow(actor.id, seq)
        case "leave" if actor is not owner and dice.random() < 0.3:
            ok(await actor.delete(f"/chats/{chat}/members/{actor.id}"))
            model.leave(actor.id)
        case "join":
            for absent in {*users} - model.members:
                ok(await owner.post(f"/chats/{chat}/members", {"account_ids": [absent]}))
                model.members.add(absent)


async def check(model: Model, users: dict[str, FakeClient], owner: FakeClient, chat: str) -> None:
    history = ok(await owner.get(f"/chats/{chat}/messages", limit=200))["items"]
    for message in history:
        assert message["thread"] == model.summary(message["seq"])
        assert message["root_seq"] == model.messages[message["seq"] - 1].root
    for user in users.values():
        for only_unread in (False, True):
            items = ok(await user.get("/threads", unread=only_unread, limit=200))["items"]
            shown = [(item["root"]["seq"], item["read_seq"], item["unread_count"]) for item in items]
            assert shown == model.followed(user.id, only_unread=only_unread)


@pytest.mark.parametrize("seed", range(3))
async def test_all_counters_equal_a_count_after_every_step(
    anna: FakeClient, boris: FakeClient, clara: FakeClient, seed: int
) -> None:
    dice, users = Random(seed), {user.id: user for user in (anna, boris, clara)}  # noqa: S311 - a test
    chat = await anna.open_chat(boris, clara)
    model = Model({*users})
    for _ in range(STEPS):
        await step(dice, model, users, anna, chat)
        await check(model, users, anna, chat)
    for root in range(1, len(model.messages) + 1):
        if model.messages[root - 1].root is None:
            page = ok(await anna.get(f"/chats/{chat}/threads/{root}/messages", limit=200))
            assert [message["seq"] for message in page["items"]] == model.replies(root)
