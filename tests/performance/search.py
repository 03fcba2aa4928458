"""`python -m tests.performance.search`: searches in a million messages, and the delay until a new one is found."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import typer
from websockets.asyncio.client import connect

from app.settings import PROJECT_ROOT
from tests.performance.live.figure import Figure
from tests.performance.load.http import LoadError, ask
from tests.performance.outcome import percentile
from tests.performance.report import machine, report_figures
from tests.performance.world import API, User, World

_CHATS, _CHATS_OF_CALLER, _CALLERS = 2_000, 50, 8
_AT_ONCE = 20_000
_HAN = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也"
    "能下过子说产种面而方后多定行学法所民得经"
)
_SYLLABLES = "ба ве го да жи ка ле мо ну па ра со ту фи хо ча ше the in er on es ly ment ing pro con re"
_CHAT = """
WITH streams AS (INSERT INTO stream (id) SELECT unnest($1::uuid[])), listed AS (
    INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT account_id, chat_id, 1
    FROM unnest($3::uuid[], $4::uuid[]) AS m(account_id, chat_id)
), joined AS (
    INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
    SELECT chat_id, account_id, 'member', 1, now() FROM unnest($3::uuid[], $4::uuid[]) AS m(account_id, chat_id)
)
INSERT INTO chat (id, type, title, created_by, owner_id, member_count, active_at)
SELECT id, 'group', 'Chat', $2, $2, 1, now() FROM unnest($1::uuid[]) AS c(id)
"""
_MESSAGES = """
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs)
SELECT chat_id, seq, gen_random_uuid(), sender_id, 'text', text, '\\x00', created_at, '{}'
FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::timestamptz[])
    AS m(chat_id, seq, sender_id, text, created_at)
"""
_HEADS = """
UPDATE chat SET last_seq = newest.seq FROM (SELECT chat_id, max(seq) AS seq FROM message GROUP BY chat_id) newest
WHERE chat.id = newest.chat_id
"""
_MOST_MS, _MOST_LAG_MS = 50.0, 1_000.0
cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Texts:
    """Generates texts from a vocabulary whose word frequencies are those of a language (Zipf)."""

    def __init__(self, dice: Random, size: int = 60_000) -> None:
        self._dice = dice
        words: dict[str, None] = {}
        while len(words) < size:
            words["".join(dice.choices(_SYLLABLES.split(), k=dice.randint(2, 4)))] = None
        self.words = list(words)
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(size)))

    def text(self) -> str:
        if self._dice.random() < 0.1:
            return "".join(self._dice.choices(_HAN, k=self._dice.randint(6, 30)))
        length = max(2, int(self._dice.expovariate(1 / 10)))
        return " ".join(self._dice.choices(self.words, cum_weights=self._weights, k=length))

    def queries(self, kind: str) -> Iterator[str]:
        """Yields endless queries of one kind."""
        dice, words = self._dice, self.words
        while True:
            match kind:
                case "common word":
                    yield dice.choice(words[:30]) + " "
                case "rare word":
                    yield dice.choice(words[5_000:]) + " "
                case "two words":
                    yield f"{dice.choice(words[:100])} {dice.choice(words[100:2_000])} "
                case "phrase":
                    yield f'"{dice.choice(words[:50])} {dice.choice(words[:50])}"'
                case "prefix":
                    yield dice.choice(words[:5_000])[: dice.randint(3, 5)]
                case "short prefix":
                    yield dice.choice(words)[:2]
                case "two characters of Chinese":
                    yield "".join(dice.choices(_HAN, k=2)) + " "
                case "nothing":
                    yield f"нигде{dice.randint(0, 10**9)} "


_KINDS = (
    *("common word", "rare word", "two words", "phrase", "prefix", "short prefix"),
    *("two characters of Chinese", "nothing"),
)


@cli.command()
def search(
    messages: Annotated[int, typer.Option(min=10_000)] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=10, help="Searches of each kind.")] = 200,
    rate: Annotated[int, typer.Option(help="Sends a second while new messages are looked for.")] = 500,
    seconds: Annotated[float, typer.Option(help="Of these sends.")] = 20.0,
    output: Annotated[Path, typer.Option(help="Where the JSON goes.")] = PROJECT_ROOT / ".data" / "results",
) -> None:
    """Fill a database, build the index, measure, print a table and write JSON."""
    where, dice = machine(), Random(18)
    texts = Texts(dice)
    with World(quick=False) as world:
        users = [world.sign_up() for _ in range(_CALLERS)]
        chats = asyncio.run(_fill(world, texts, users, messages, dice))
        began = monotonic()
        world.start_messenger(1)
        # The server begins to build a moment after its start.
        while not _is_building(world, users[0]):
            sleep(0.01)
        while _is_building(world, users[0]):
            sleep(0.5)
        built = monotonic() - began
        times = {kind: _measure(world, users, texts.queries(kind), rounds) for kind in _KINDS}
        lags = asyncio.run(_measure_lag(world, users[0], chats, texts, rate, seconds))
        size = asyncio.run(_size(world))
    figures = [
        *(Figure(f"{kind}, p95", percentile(sorted(values), 0.95), "ms", _MOST_MS) for kind, values in times.items()),
        *_shares("all searches", [time for values in times.values() for time in values]),
        *_shares(f"found after a send, at {rate} sends/s", lags, _MOST_LAG_MS),
        Figure(f"an index of {messages:,} messages built, messages/s", messages / built, ""),
        Figure("the index, bytes a message", size / messages, ""),
    ]
    report_figures(where, figures, output / "search.json")


def _shares(title: str, milliseconds: Sequence[float], most: float | None = None) -> list[Figure]:
    ordered = sorted(milliseconds)
    limits = {0.5: None, 0.95: None, 0.99: most}
    return [
        Figure(f"{title}, p{share * 100:.0f}", percentile(ordered, share), "ms", limit)
        for share, limit in limits.items()
    ]


async def _fill(world: World, texts: Texts, users: Sequence[User], messages: int, dice: Random) -> Mapping[str, Any]:
    """Adds messages of two years to chats of different sizes. Returns the chats of each caller."""
    connection = await asyncpg.connect(**world.database.connect_arguments())
    chats = [UUID(int=dice.getrandbits(128), version=4) for _ in range(_CHATS)]
    of_callers = {user.id: dice.sample(chats, _CHATS_OF_CALLER) for user in users}
    members = [(UUID(user), chat) for user, chat_ids in of_callers.items() for chat in chat_ids]
    await connection.execute(_CHAT, chats, UUID(users[0].id), *map(list, zip(*members, strict=True)))
    weights = list(accumulate(1 / (rank + 10) for rank in range(_CHATS)))
    seqs = {chat: count(1) for chat in chats}
    at, step = datetime.now(UTC) - timedelta(days=730), timedelta(days=730) / messages
    senders = [UUID(user.id) for user in users]
    for first in range(0, messages, _AT_ONCE):
        written = [
            (chat, next(seqs[chat]), dice.choice(senders), texts.text(), at + (first + place) * step)
            for place, chat in enumerate(dice.choices(chats, cum_weights=weights, k=min(_AT_ONCE, messages - first)))
        ]
        await connection.execute(_MESSAGES, *map(list, zip(*written, strict=True)))
    await connection.execute(_HEADS)
    await connection.execute("ANALYZE")
    await connection.close()
    return of_callers


def _search(world: World, user: User, q: str) -> Any:
    return ask(world.messenger.address, "GET", f"{API}/search/messages?q={quote(q)}", token=user.token)


def _is_building(world: World, user: User) -> bool:
    try:
        _search(world, user, "x ")
    except LoadError as error:
        return "search_building" in str(error)
    return False


def _measure(world: World, users: Sequence[User], queries: Iterator[str], rounds: int) -> list[float]:
    """Measures one search at a time, each caller in turn. Returns milliseconds."""
    times = []
    for number in range(rounds):
        q = next(queries)
        began = monotonic()
        _search(world, users[number % len(users)], q)
        times.append((monotonic() - began) * 1000)
    return times


async def _measure_lag(
    world: World, user: User, chats: Mapping[str, Any], texts: Texts, rate: int, seconds: float
) -> list[float]:
    """Sends so many messages a second in the user's chats, and searches for some of them. Returns milliseconds."""
    lags: list[float] = []
    host, port = world.messenger.address
    # What is received is kept, and never read.
    async with connect(f"ws://{host}:{port}{API}/ws", max_queue=None) as socket:
        await socket.send(json.dumps({"id": 0, "action": "hello", "data": {"token": user.token}}))
        chat_ids, began, sent = chats[user.id], monotonic(), 0
        looking: asyncio.Task[float] | None = None
        while monotonic() - began < seconds:
            word = None
            if looking is None or looking.done():
                word = f"метка{sent}"
            data = {"chat_id": str(chat_ids[sent % len(chat_ids)]), "text": word or texts.text()}
            await socket.send(json.dumps({"id": sent + 1, "action": "send", "data": data}))
            sent += 1
            if word is not None:
                if looking is not None:
                    lags.append(looking.result())
                looking = asyncio.create_task(asyncio.to_thread(_await_hit, world, user, word))
            await asyncio.sleep(max(began + sent / rate - monotonic(), 0))
        if looking is not None:
            lags.append(await looking)
    return lags


def _await_hit(world: World, user: User, word: str) -> float:
    began = monotonic()
    while not _search(world, user, f"{word} ")["items"]:
        sleep(0.02)
    return (monotonic() - began) * 1000


async def _size(world: World) -> int:
    """Returns the bytes of the index, with its table."""
    connection = await asyncpg.connect(**world.database.connect_arguments())
    try:
        return int(await connection.fetchval("SELECT pg_total_relation_size('search_message')"))
    finally:
        await connection.close()


if __name__ == "__main__":
    cli()
