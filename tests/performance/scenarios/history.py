"""Pages of 50 messages deep in a chat's history."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import cycle
from uuid import UUID

from tests.performance import fill
from tests.performance.load import http
from tests.performance.load.http import Address, MakeRequest
from tests.performance.scenario import Contender, Ratio, Scenario, rate_of
from tests.performance.world import API, World

_CONNECTIONS = 16
_SHORT = 10_000
_ORM_MESSAGES = """
INSERT INTO message (id, chat_id, seq, client_msg_id, text, created_at)
SELECT gen_random_uuid(), $1, n, gen_random_uuid(), 'Сообщение номер ' || n, now()
FROM generate_series(1, $2::int) AS n
"""


def pages(address: Address, path: str, token: str, messages: int) -> list[MakeRequest]:
    """Makes requests for pages from all over the history. Consecutive requests are far apart."""

    def connection(first: int) -> MakeRequest:
        seqs = [100 + (first * 104_729 + number * 7_919) % (messages - 100) for number in range(500)]
        requests = [http.get(address, f"{path}?before_seq={seq}", token)() for seq in seqs]
        turns = cycle(requests)
        return lambda: next(turns)

    return [connection(number) for number in range(_CONNECTIONS)]


class History(Scenario):
    name = "history"
    ratios = (
        Ratio("history of 50, of the usual ORM endpoint", rate_of("long chat", "ORM endpoint"), at_least=5),
        Ratio("history in a long chat, of that in one of 10,000", rate_of("long chat", "chat of 10,000"), at_least=0.9),
    )

    @property
    def title(self) -> str:  # type: ignore[override]
        return "History of 50, deep in a chat"

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        messages = 50_000 if world.quick else 1_000_000
        anna = world.users[0]
        long, short = world.open_chat(anna), world.open_chat(anna)
        asyncio.run(fill.fill_messages(world.database, long, anna.id, messages))
        asyncio.run(fill.fill_messages(world.database, short, anna.id, _SHORT))
        orm, orm_chat = world.orm, world.orm_chats[0]
        asyncio.run(_fill_orm(world, orm_chat, messages))
        ours = world.messenger

        def contender(chat: str, count: int) -> Contender:
            requests = pages(ours.address, f"{API}/chats/{chat}/messages", anna.token, count)
            return Contender(lambda seconds: http.run(ours.address, requests, seconds), ours)

        orm_requests = pages(orm.address, f"/chats/{orm_chat}/messages", anna.token, messages)
        return {
            "long chat": contender(long, messages),
            "chat of 10,000": contender(short, _SHORT),
            "ORM endpoint": Contender(lambda seconds: http.run(orm.address, orm_requests, seconds), orm),
        }


async def _fill_orm(world: World, chat: str, count: int) -> None:
    connection = await fill.connect(world.database.with_database("bench_orm"))
    try:
        await connection.execute("DELETE FROM message WHERE chat_id = $1", UUID(chat))
        await connection.execute(_ORM_MESSAGES, UUID(chat), count)
        await connection.execute("UPDATE chat SET last_seq = $2 WHERE id = $1", UUID(chat), count)
        await connection.execute("VACUUM (ANALYZE) message")
    finally:
        await connection.close()


SCENARIOS = (History(),)
