"""Random conversations of groups: what each step does on the server, and what it must leave for each member.

A member sees the same numbers on each device and by REST, and clients that apply events have them as well. All groups
have the same users, and something happens in each at the same time, so a page shows the numbers of all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from app.modules.replies_module.services import MAX_SNIPPET
from app.modules.threads_module.tests.model import Model
from tests.acceptance.online_users import User, View
from tests.fakers import FakeClient, ok

USERS = 3
_RECENT = 10
"""Steps concern one of so many newest messages."""


@dataclass
class _Text:
    text: str
    mentioned: set[int]
    """Users who are mentioned and were members when it was written."""
    answered: int | None = None


@dataclass
class Conversation:
    """A group of the first user and the others. Messages are numbered from 1."""

    users: Sequence[User]
    dice: Random
    chat: str
    threads: Model
    read: dict[int, int]
    """The read positions of the members."""
    done: list[str] = field(default_factory=list)
    texts: list[_Text] = field(default_factory=list)
    replies: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """Replies of each root by number and sender, as a client that has seen all events knows them."""

    @classmethod
    async def begin(cls, users: Sequence[User], dice: Random) -> Self:
        chat = await users[0].devices[0].open_chat(*(user.devices[0] for user in users[1:]))
        threads = Model({user.id for user in users})
        return cls(users, dice, chat, threads, dict.fromkeys(range(USERS), 0))

    @property
    def _path(self) -> str:
        return f"/chats/{self.chat}"

    async def step(self) -> None:
        dice, messages = self.dice, self.threads.messages
        actor = dice.choice(sorted(self.read))
        last = len(messages)
        seq = dice.randint(max(last - _RECENT, 1), last) if last else 0
        kinds = ("send", "send", "reply", "thread", "thread", "edit", "delete", "read", "read", "thread read", "member")
        kind = dice.choice((*kinds, "follow", "unfollow"))
        self.done.append(kind)
        match kind:
            case "send" | "reply" | "thread" if kind == "send" or seq:
                await self._send(actor, kind, seq)
            case "edit" if seq and not messages[seq - 1].is_deleted:
                await self._edit(seq)
            case "delete" if seq:
                ok(await self._device(0).delete(f"{self._path}/messages/{seq}"))
                messages[seq - 1].is_deleted = True
            case "read" if seq:
                ok(await self._device(actor).put(f"{self._path}/read", {"seq": seq}))
                self.read[actor] = max(self.read[actor], seq)
            case "thread read" | "follow" | "unfollow" if seq and messages[seq - 1].root is None:
                await self._use_thread(actor, kind, seq)
            case "member":
                await self._change_member(dice.randrange(1, USERS))

    def _device(self, number: int) -> FakeClient:
        return self.dice.choice(self.users[number].devices)

    async def _send(self, actor: int, kind: str, seq: int) -> None:
        text = self._write(actor)
        text.answered = seq if kind == "reply" or (kind == "thread" and self.dice.random() < 0.3) else None
        root = seq if kind == "thread" else None
        body = {"text": text.text, "reply_to_seq": text.answered, "root_seq": root}
        answer = await self._device(actor).post(f"{self._path}/messages", body)
        assert answer.is_success is (root is None or self.threads.may_be_root(root)), answer.text
        if answer.is_success:
            self.texts.append(text)
            self.threads.send(self.users[actor].id, root)
            self.read[actor] = len(self.texts)

    def _write(self, sender: int) -> _Text:
        dice = self.dice
        others = [dice.randrange(USERS) for _ in range(2)]
        names = [f"@{self.users[other].username}" for other in others]
        everyone = set(range(USERS)) if sender == 0 else set()
        shapes: list[tuple[str, set[int]]] = [
            ("нет", set()),
            (names[0], {others[0]}),
            (f"👍🏽 {names[0]}, {names[1]}!", set(others)),
            ("@all", everyone),
        ]
        text, mentioned = dice.choice(shapes)
        text = f"{text} {dice.random()}{' ж' * dice.choice((0, 100))}"
        return _Text(text, mentioned & {*self.read} - {sender})

    async def _edit(self, seq: int) -> None:
        sender = self.threads.messages[seq - 1].sender
        actor = next(number for number, user in enumerate(self.users) if user.id == sender)
        if actor in self.read:
            text = self._write(actor)
            ok(await self._device(actor).patch(f"{self._path}/messages/{seq}", {"text": text.text}))
            text.answered = self.texts[seq - 1].answered
            self.texts[seq - 1] = text

    async def _use_thread(self, actor: int, kind: str, root: int) -> None:
        device, path, user = self._device(actor), f"{self._path}/threads/{root}", self.users[actor].id
        if kind == "thread read":
            until = self.dice.randint(0, len(self.texts))
            ok(await device.put(f"{path}/read", {"seq": until}))
            self.threads.read(user, root, until)
        elif kind == "unfollow":
            ok(await device.delete(f"{path}/follow"))
            self.threads.unfollow(user, root)
        elif self.threads.may_be_root(root):
            ok(await device.put(f"{path}/follow"))
            self.threads.follow(user, root)

    async def _change_member(self, number: int) -> None:
        user = self.users[number]
        if number in self.read:
            ok(await self._device(number).delete(f"{self._path}/members/{user.id}"))
            del self.read[number]
            self.threads.leave(user.id)
        else:
            ok(await self._device(0).post(f"{self._path}/members", {"account_ids": [user.id]}))
            self.read[number] = len(self.texts)
            self.threads.join(user.id)

    async def check(self, views: Sequence[View]) -> None:
        """Compares what each user sees with a count of all messages."""
        for number, (user, view) in enumerate(zip(self.users, views, strict=True)):
            assert view.threads[self.chat] == self.threads.followed(user.id, only_unread=False)
            by_events = [client.chats.get(self.chat) for client in user.clients]
            shown = [chat and _numbers(chat) for chat in (view.chats.get(self.chat), *by_events)]
            expected, mentions = self._count(number) if number in self.read else (None, [])
            assert shown == [expected] * len(shown), f"{shown}, not {expected}"
            assert sorted(view.mentions[self.chat]) == mentions
        await self._check_messages()

    def _count(self, number: int) -> tuple[tuple[int, int, int, int], list[int]]:
        """Returns the numbers of a member and the unread mentions."""
        last, read_seq = len(self.texts), self.read[number]
        after = [seq for seq in range(read_seq + 1, last + 1) if not self._is_deleted(seq)]
        mentions = [seq for seq in after if number in self.texts[seq - 1].mentioned]
        return (last, read_seq, len(after), len(mentions)), mentions

    async def _check_messages(self) -> None:
        """Compares the newest messages, their snippets and threads; the latter also as events report them."""
        self._apply_events()
        for message in ok(await self._device(0).get(f"{self._path}/messages", limit=4 * _RECENT))["items"]:
            seq = message["seq"]
            assert message["thread"] == self.threads.summary(seq) == self._summary_by_events(seq)
            assert message["root_seq"] == self.threads.messages[seq - 1].root
            assert message["text"] == ("" if self._is_deleted(seq) else self.texts[seq - 1].text)
            answered = self.texts[seq - 1].answered
            if answered is None or self._is_deleted(seq):
                continue
            is_deleted = self._is_deleted(answered)
            assert message["reply_to"] == {
                "seq": answered,
                "sender_id": self.threads.messages[answered - 1].sender,
                "snippet": "" if is_deleted else self.texts[answered - 1].text[:MAX_SNIPPET],
                "is_deleted": is_deleted,
            }

    def _apply_events(self) -> None:
        for event in self.users[0].clients[0].log.pop(self.chat, ()):
            data = event["data"]
            root = data.get("root_seq")
            if root is None:
                continue
            replies = self.replies.setdefault(root, [])
            if event["kind"] == "message.created":
                replies.append((data["seq"], data["sender_id"]))
            elif event["kind"] == "message.deleted":
                replies.remove((data["seq"], data["sender_id"]))

    def _summary_by_events(self, root: int) -> Mapping[str, Any] | None:
        replies = self.replies.get(root)
        if not replies:
            return None
        senders = list(dict.fromkeys(sender for _, sender in replies))
        return {"reply_count": len(replies), "last_seq": replies[-1][0], "participants": senders}

    def _is_deleted(self, seq: int) -> bool:
        return self.threads.messages[seq - 1].is_deleted


def _numbers(chat: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return chat["last_seq"], chat["read_seq"], chat["unread_count"], chat["unread_mention_count"]
