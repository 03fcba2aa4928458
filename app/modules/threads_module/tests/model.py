"""Threads of one chat in plain Python, counted one by one."""

from dataclasses import dataclass, field
from typing import Any


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
    """Messages are numbered from 1."""

    members: set[str]
    # The last message before a member has joined again.
    joined: dict[str, int] = field(default_factory=dict)
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
            before = self.positions.setdefault((author, root), Position(max(root, self.joined.get(author, 0)), None))
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

    def join(self, user: str) -> None:
        self.members.add(user)
        self.joined[user] = len(self.messages)

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
