"""Random histories of a few chats, and what a search through all of their messages would find."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from app.modules.search_module.services.query import parse_query
from app.modules.search_module.tests.searching import fits, search
from tests.fakers import FakeClient, ok

_WORDS = [
    "красная",
    "красной",
    "площадь",
    "площади",
    "договор",
    "договоры",
    "ёлка",
    "елки",
    "не",
    "и",
    "встреча",
    "встречи",
    "run",
    "running",
    "e-mail",
    "email",
    "café",
    "2026",
    "12.11.2026",
    "ivan@example.com",
    "東京都",
    "京都",
    "学校",
    "한국어",
    "👍",
    "из-за",
    "don't",
]
_USERS = 4
_MAX_CHATS = 5


@dataclass
class _Chat:
    """What is true of a chat: its members, the first of whom owns it, and its messages: sender and text by number."""

    id: str
    members: list[int]
    messages: dict[int, tuple[int, str]] = field(default_factory=dict)


class Histories:
    """People who do this and that; every step is done at the server and in the model."""

    def __init__(self, users: list[FakeClient], dice: Random) -> None:
        self._people = users
        self._dice = dice
        self._chats: list[_Chat] = []

    @classmethod
    async def begin(cls, http: httpx.AsyncClient, seed: int) -> "Histories":
        return cls([await FakeClient.sign_up(http) for _ in range(_USERS)], Random(seed))  # noqa: S311 - dice

    async def run(self, steps: int) -> None:
        """One history; then everybody searches, at once and when everything is indexed."""
        for _ in range(steps):
            await self._step()
        who = self._dice.randrange(_USERS)
        queries = [self._query() for _ in range(3)]
        for q in queries:
            # Something may not be indexed yet; what is found is right all the same.
            assert await self._find(who, q, is_indexed=False) <= self._expected(who, q), q
        for q in queries:
            assert await self._find(who, q, is_indexed=True) == self._expected(who, q), q

    async def _step(self) -> None:
        dice = self._dice
        if not self._chats or (len(self._chats) < _MAX_CHATS and dice.random() < 0.1):
            await self._open()
            return
        chat = dice.choice(self._chats)
        who = dice.choice(chat.members)
        own = [seq for seq, (sender, _) in chat.messages.items() if sender == who]
        action = dice.choices(
            ("send", "edit", "delete", "join", "leave", "remove", "end"), (10, 4, 3, 2, 1.5, 1.5, 0.3)
        )[0]
        user, path = self._people[who], f"/chats/{chat.id}"
        match action:
            case "send":
                text = self._text()
                chat.messages[(await user.send(chat.id, text))["seq"]] = who, text
            case "edit" if own:
                seq, text = dice.choice(own), self._text()
                ok(await user.patch(f"{path}/messages/{seq}", {"text": text}))
                chat.messages[seq] = who, text
            case "delete" if own:
                seq = dice.choice(own)
                ok(await user.delete(f"{path}/messages/{seq}"))
                del chat.messages[seq]
            case "join":
                other = dice.randrange(_USERS)
                ok(await self._owner(chat).post(f"{path}/members", {"account_ids": [self._people[other].id]}))
                chat.members = list(dict.fromkeys([*chat.members, other]))
            case "leave" | "remove" if who != chat.members[0]:
                actor = user if action == "leave" else self._owner(chat)
                ok(await actor.delete(f"{path}/members/{user.id}"))
                chat.members.remove(who)
            case "end":
                ok(await self._owner(chat).delete(path))
                self._chats.remove(chat)

    async def _open(self) -> None:
        owner, *others = self._dice.sample(range(_USERS), self._dice.randint(1, _USERS))
        chat_id = await self._people[owner].open_chat(*(self._people[other] for other in others))
        self._chats.append(_Chat(chat_id, [owner, *others]))

    def _owner(self, chat: _Chat) -> FakeClient:
        return self._people[chat.members[0]]

    def _text(self) -> str:
        return " ".join(self._dice.choices(_WORDS, k=self._dice.randint(1, 6)))

    def _query(self) -> str:
        dice = self._dice
        word = dice.choice(_WORDS)
        match dice.randrange(6):
            case 0:
                return f'"{word} {dice.choice(_WORDS)}"'
            case 1:
                return f"{word} -{dice.choice(_WORDS).lstrip('-')} "
            case 2:
                return word[: dice.randint(1, len(word))]
            case 3:
                return f"{word} {dice.choice(_WORDS)} "
            case 4:
                return f"{word} from:@{dice.choice(self._people).username}"
        return f"{word} "

    def _expected(self, who: int, q: str) -> set[tuple[str, int]]:
        query = parse_query(q, flags=())
        senders = {number for number, user in enumerate(self._people) if query.sender in (None, user.username)}
        return {
            (chat.id, seq)
            for chat in self._chats
            if who in chat.members
            for seq, (sender, text) in chat.messages.items()
            if sender in senders and fits(text, query)
        }

    async def _find(self, who: int, q: str, *, is_indexed: bool) -> set[tuple[str, int]]:
        """All pages."""
        user, found = self._people[who], list[tuple[str, int]]()
        more: dict[str, Any] = {}
        while True:
            asked = {"limit": self._dice.choice((1, 3, 50)), **more}
            page = (
                await search(user, q, **asked) if is_indexed else ok(await user.get("/search/messages", q=q, **asked))
            )
            found += [(item["message"]["chat_id"], item["message"]["seq"]) for item in page["items"]]
            if page["next_cursor"] is None:
                break
            more = {"cursor": page["next_cursor"]}
        assert len(found) == len(set(found)), q
        return set(found)
