"""PostgreSQL keeps the plan of a prepared statement. One that was made while a table was empty has to do for long."""

from typing import Any
from uuid import UUID, uuid4

import orjson

from app.adapters.db.connection import Connection
from app.modules.messages_module.db.cruds.send import find_senders_and_existing
from tests.fakers import FakeClient

_MESSAGES = 20_000
_MAX_PAGES = 50
_FILL = """
INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, digest, created_at, event_seqs)
SELECT $1, n, gen_random_uuid(), gen_random_uuid(), $2, 'text', '', '', now(), ARRAY[n]
FROM generate_series(1, $3::int) AS n
"""


class Preparer:
    """Prepares a statement, and plans it at once, instead of running it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._call = ""

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        await self._connection.execute("SET plan_cache_mode = force_generic_plan")
        await self._connection.execute(f"PREPARE kept AS {query}")
        literals = (f"'{{{','.join(map(str, argument))}}}'" for argument in arguments)
        self._call = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE kept ({', '.join(literals)})"
        await self.count_pages()
        return []

    async def count_pages(self) -> int:
        """Runs the statement by the plan that it has. Returns the number of pages of 8 KB that it touched."""
        plan = orjson.loads(await self._connection.fetchval(self._call))[0]["Plan"]
        return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])

    async def execute(self, query: str, *arguments: Any) -> None:
        await self.fetch(query, *arguments)

    async def fetchval(self, query: str, *arguments: Any) -> None:
        await self.fetch(query, *arguments)


async def test_a_send_prepared_on_an_empty_server_does_not_read_the_messages_that_the_chat_gets_later(
    anna: FakeClient, club: str, connection: Connection
) -> None:
    chat_id, sender_id = UUID(club), anna.uuid
    prepared = Preparer(connection)
    await find_senders_and_existing(prepared, [(chat_id, sender_id)], [0], [uuid4()])
    await connection.execute(_FILL, chat_id, sender_id, _MESSAGES)

    assert await prepared.count_pages() <= _MAX_PAGES
