# Longer than 250 lines: the whole behaviour of chats, in one place to be read beside the contract.
"""A model of the chats of a few users in plain Python: lists, dictionaries and no database.

Methods do what the server must do and return the status of the success, or raise a Refusal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.fakers import as_sent

Json = dict[str, Any]
Events = list[tuple[str, Json]]
_moments = count(1)


class Refusal(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


@dataclass
class Message:
    """`fixed` are the fields that never change. `reactions` are in the order of their first giver."""

    fixed: Json
    text: str
    is_edited: bool = False
    is_deleted: bool = False
    reactions: list[tuple[str, str]] = field(default_factory=list)

    def count(self, emoji: str) -> int:
        return sum(given == emoji for given, _ in self.reactions)

    def as_json(self) -> Json:
        """Returns the message without the caller's own fields, as in events."""
        emojis = dict.fromkeys(emoji for emoji, _ in self.reactions)
        return {
            **self.fixed,
            "text": self.text,
            "edited_at": self.is_edited,
            "deleted_at": self.is_deleted,
            "reactions": [{"emoji": emoji, "count": self.count(emoji)} for emoji in emojis],
        }

    def seen_by(self, viewer: str) -> Json:
        as_json = self.as_json()
        for reaction in as_json["reactions"]:
            reaction["mine"] = (reaction["emoji"], viewer) in self.reactions
        return as_json


@dataclass
class Member:
    role: str
    read_seq: int


class Chat:
    """A group or a channel. `streams` holds the events of the accounts' own streams."""

    def __init__(self, chat_id: str, kind: str, users: Sequence[str], streams: dict[str, Events]) -> None:
        self.id = chat_id
        self.kind = kind
        self.active = next(_moments)
        self.members: dict[str, Member] = {}
        self.messages: list[Message] = []
        self.events: Events = []
        # The read position of everyone who was ever a member: changed by reading or sending, not by joining.
        self.positions: dict[str, int] = {}
        # Former members, with the last event that each may read.
        self.left: dict[str, int] = {}
        self._streams = streams
        for account in users:
            self._add_members(users[0], account, "owner" if account == users[0] else "member")

    @property
    def owner(self) -> str:
        return next(account for account, member in self.members.items() if member.role == "owner")

    def seen_by(self, viewer: str) -> Json:
        member = self._member(viewer)
        return {
            "id": self.id,
            "type": self.kind,
            "owner_id": self.owner,
            "role": member.role,
            "member_count": len(self.members),
            "last_seq": len(self.messages),
            "read_seq": member.read_seq,
            "others_read_seq": max((seq for account, seq in self.positions.items() if account != viewer), default=0),
            "unread_count": sum(not message.is_deleted for message in self.messages[member.read_seq :]),
            "event_seq": len(self.events),
            "last_message": self.messages[-1].seen_by(viewer) if self.messages else None,
        }

    def refusal_of_send(self, account: str, reply_to_seq: int | None) -> int | None:
        """Returns the status with which a new message is refused, None if `sent` may take it."""
        if account not in self.members:
            return 404
        role = self.members[account].role
        if role == "reader" or (role == "member" and self.kind == "channel"):
            return 403
        if reply_to_seq is not None and not 1 <= reply_to_seq <= len(self.messages):
            return 422
        return None

    def sent(self, account: str, message: Message) -> None:
        self.messages.append(message)
        self.active = next(_moments)
        self._member(account).read_seq = self.positions[account] = len(self.messages)
        self._append_message_event("message.created", message)

    def edit(self, account: str, seq: int, text: str) -> int:
        message = self._message(account, seq)
        if message.fixed["sender_id"] != account:
            raise Refusal(403)
        if message.is_deleted:
            raise Refusal(409)
        if message.text != text:
            message.text, message.is_edited = text, True
            self._replace_text(seq, text)
            self._append_message_event("message.edited", message)
        return 200

    def delete(self, account: str, seq: int) -> int:
        message = self._message(account, seq)
        if message.fixed["sender_id"] != account and not self._is_admin(account):
            raise Refusal(403)
        if not message.is_deleted:
            message.text, message.is_deleted, message.reactions = "", True, []
            self._replace_text(seq, "")
            self._append_message_event("message.deleted", message)
        return 204

    def react(self, account: str, seq: int, emoji: str) -> int:
        message = self._message(account, seq)
        if self._member(account).role == "reader":
            raise Refusal(403)
        if message.is_deleted:
            raise Refusal(409)
        if (emoji, account) not in message.reactions:
            message.reactions.append((emoji, account))
            self._append_reaction_event("reaction.added", account, message, emoji)
        return 200

    def take_back(self, account: str, seq: int, emoji: str) -> int:
        message = self._message(account, seq)
        if (emoji, account) in message.reactions:
            message.reactions.remove((emoji, account))
            self._append_reaction_event("reaction.removed", account, message, emoji)
        return 204

    def read(self, account: str, seq: int) -> int:
        member = self._member(account)
        if seq > len(self.messages):
            raise Refusal(422)
        if seq > member.read_seq:
            member.read_seq = self.positions[account] = seq
            self._streams[account].append(("read.moved", {"chat_id": self.id, "read_seq": seq}))
        return 200

    def add(self, actor: str, account: str, role: str) -> int:
        self._check_admin(actor)
        if role == "admin" and self._member(actor).role != "owner":
            raise Refusal(403)
        if account in self.members:
            return 200
        self._add_members(actor, account, role)
        return 201

    def remove(self, actor: str, account: str) -> int:
        if actor == account:
            if self._member(actor).role == "owner":
                raise Refusal(409)
        else:
            self._check_admin(actor)
            if account not in self.members:
                raise Refusal(404)
            role = self.members[account].role
            if role == "owner" or (role == "admin" and self.members[actor].role != "owner"):
                raise Refusal(403)
        del self.members[account]
        reason = "left" if actor == account else "removed"
        self._append_event("member.removed", account_id=account, actor_id=actor, reason=reason)
        self.left[account] = len(self.events)
        left = {"chat_id": self.id, "reason": reason, "event_seq": len(self.events)}
        self._streams[account].append(("chat.left", left))
        return 204

    def change_role(self, actor: str, account: str, role: str) -> int:
        self._check_admin(actor)
        if account not in self.members:
            raise Refusal(404)
        member, is_owner = self.members[account], self.members[actor].role == "owner"
        if member.role == role:
            return 200
        if member.role == "owner":
            raise Refusal(409 if is_owner else 403)
        if not is_owner and (role in ("owner", "admin") or member.role == "admin"):
            raise Refusal(403)
        changed = {actor: "admin", account: role} if role == "owner" else {account: role}
        for each, new_role in changed.items():
            self.members[each].role = new_role
            self._append_event("member.changed", account_id=each, role=new_role, actor_id=actor)
        if role == "owner":
            self._append_event("chat.updated", owner_id=account, actor_id=actor)
        return 200

    def history(self, viewer: str, side: str | None, position: int, limit: int) -> Json:
        items = self.messages
        if side == "after_seq":
            start, end = position, position + limit
        elif side == "around_seq":
            start = max(min(max(position, 1) - limit // 2, len(items) - limit + 1), 1) - 1
            end = start + limit
        else:
            end = min(position - 1, len(items)) if side else len(items)
            start = end - limit
        page = items[max(start, 0) : max(end, 0)]
        return {
            "items": [message.seen_by(viewer) for message in page],
            "has_before": bool(items) and (page[0] is not items[0] if page else side == "after_seq"),
            "has_after": bool(items) and (page[-1] is not items[-1] if page else side == "before_seq"),
        }

    def _add_members(self, actor: str, account: str, role: str) -> None:
        self.members[account] = Member(role, len(self.messages))
        self.left.pop(account, None)
        self._append_event("member.added", account_id=account, role=role, actor_id=actor)
        joined = {"chat_id": self.id, "role": role, "event_seq": len(self.events)}
        self._streams[account].append(("chat.joined", joined))

    def _replace_text(self, seq: int, text: str) -> None:
        """Removes the text of a message from its events; former members can no longer read it."""
        last_left = max(self.left.values(), default=0)
        of_message = [
            (number, data)
            for number, (kind, data) in enumerate(self.events, 1)
            if kind.startswith("message.") and data["seq"] == seq
        ]
        # Only the latest edits keep a text.
        with_text = [*of_message[:1], *of_message[1:][-10:]]
        for number, data in of_message:
            data["text"] = text if number > last_left and (number, data) in with_text else ""

    def _member(self, account: str) -> Member:
        if account not in self.members:
            raise Refusal(404)
        return self.members[account]

    def _is_admin(self, account: str) -> bool:
        return self._member(account).role in ("owner", "admin")

    def _check_admin(self, account: str) -> None:
        if not self._is_admin(account):
            raise Refusal(403)

    def _message(self, account: str, seq: int) -> Message:
        self._member(account)
        if not 1 <= seq <= len(self.messages):
            raise Refusal(404)
        return self.messages[seq - 1]

    def _append_event(self, kind: str, **data: Any) -> None:
        self.events.append((kind, {"chat_id": self.id, **data}))

    def _append_message_event(self, kind: str, message: Message) -> None:
        self.events.append((kind, message.as_json()))

    def _append_reaction_event(self, kind: str, account: str, message: Message, emoji: str) -> None:
        self._append_event(kind, seq=message.fixed["seq"], emoji=emoji, account_id=account, count=message.count(emoji))


def plain(message: Json) -> Json:
    """Returns a message of the server in the form of the model: fields that vary become booleans."""
    message = as_sent(message)
    return {**message, "edited_at": message["edited_at"] is not None, "deleted_at": message["deleted_at"] is not None}


def plain_events(events: Iterable[Json]) -> Events:
    return [
        (event["kind"], plain(event["data"]) if event["kind"].startswith("message.") else event["data"])
        for event in events
    ]
