"""Random histories of a group, and the numbers of unread messages and mentions that each step must leave."""

from dataclasses import dataclass, field
from random import Random

import httpx

from tests.fakers import FakeClient, ok

_USERS = 4


@dataclass
class _Message:
    sender: int
    mentioned: set[int]
    """Who was mentioned and was a member then; `everyone` are the members of that moment."""
    is_deleted: bool = False


@dataclass
class _Member:
    read_seq: int
    role: str = "member"


@dataclass
class History:
    """A group of the first user and others. Each step is done on the server and in the model."""

    users: list[FakeClient]
    phones: list[FakeClient]
    dice: Random
    chat: str
    members: dict[int, _Member]
    messages: list[_Message] = field(default_factory=list)

    @classmethod
    async def begin(cls, http: httpx.AsyncClient, seed: int) -> "History":
        users = [await FakeClient.sign_up(http, f"user{number}") for number in range(_USERS)]
        phones = [await user.another_device().sign_in() for user in users]
        chat = await users[0].open_chat(*users[1:])
        members = {number: _Member(0, "member" if number else "owner") for number in range(_USERS)}
        return cls(users, phones, Random(seed), chat, members)  # noqa: S311 - a test

    async def step(self) -> None:
        dice, path = self.dice, f"/chats/{self.chat}"
        actor = dice.choice(list(self.members))
        device = dice.choice([self.users[actor], self.phones[actor]])
        seq = dice.randint(max(len(self.messages) - 5, 1), len(self.messages)) if self.messages else 0
        match dice.choice(("send", "send", "send", "edit", "edit", "delete", "read", "read", "member", "role")):
            case "send":
                body, mentioned = self._make_body(actor)
                ok(await device.post(f"{path}/messages", body))
                self.messages.append(_Message(actor, mentioned))
                self.members[actor].read_seq = len(self.messages)
            case "edit" if seq and not self.messages[seq - 1].is_deleted:
                actor = self.messages[seq - 1].sender
                if actor in self.members:
                    body, mentioned = self._make_body(actor)
                    ok(await self.users[actor].patch(f"{path}/messages/{seq}", body))
                    self.messages[seq - 1].mentioned = mentioned
            case "delete" if seq:
                ok(await self.users[0].delete(f"{path}/messages/{seq}"))
                self.messages[seq - 1].is_deleted = True
            case "read":
                ok(await device.put(f"{path}/read", {"seq": seq}))
                self.members[actor].read_seq = max(self.members[actor].read_seq, seq)
            case "member":
                await self._change_member(dice.randrange(1, _USERS))
            case "role":
                await self._change_role(dice.randrange(1, _USERS))

    async def check(self) -> None:
        """Compares what each member sees on each device with a count of the model's messages."""
        for number, member in self.members.items():
            after = list(enumerate(self.messages, 1))[member.read_seq :]
            unread = [seq for seq, message in after if not message.is_deleted]
            mentions = [seq for seq, message in after if not message.is_deleted and number in message.mentioned]
            for device in (self.users[number], self.phones[number]):
                chat = ok(await device.get(f"/chats/{self.chat}"))
                assert (chat["unread_count"], chat["unread_mention_count"]) == (len(unread), len(mentions))
            listed = ok(await self.users[number].get("/mentions", unread=True, limit=200))["items"]
            assert sorted(one["message"]["seq"] for one in listed) == mentions

    def _make_body(self, sender: int) -> tuple[dict[str, str], set[int]]:
        """Returns a message, and the members that it mentions."""
        dice = self.dice
        others = [dice.randrange(_USERS) for _ in range(2)]
        names = [f"@{self.users[other].username}" for other in others]
        is_allowed = self.members[sender].role != "member"
        everyone = set(self.members) if is_allowed else set()
        shapes: list[tuple[str, set[int]]] = [
            ("нет", set()),
            (names[0], {others[0]}),
            (f"👍 {names[0]}, {names[1]}!", set(others)),
            (f"`{names[0]}` **{names[1]}**", {others[1]}),
            (f"[{names[0]}](https://example.com)", set()),
            ("@all", everyone),
            (f"@all {names[0]}", everyone | {others[0]}),
        ]
        text, mentioned = dice.choice(shapes)
        text = f"{text} {dice.random()}"
        return {"text": text, "text_format": "markdown"}, mentioned & set(self.members) - {sender}

    async def _change_member(self, number: int) -> None:
        if number in self.members:
            ok(await self.users[number].delete(f"/chats/{self.chat}/members/{self.users[number].id}"))
            del self.members[number]
        else:
            ok(await self.users[0].post(f"/chats/{self.chat}/members", {"account_ids": [self.users[number].id]}))
            self.members[number] = _Member(len(self.messages))

    async def _change_role(self, number: int) -> None:
        if number in self.members:
            role = self.dice.choice(("member", "admin"))
            path = f"/chats/{self.chat}/members/{self.users[number].id}"
            ok(await self.users[0].patch(path, {"role": role}))
            self.members[number].role = role
