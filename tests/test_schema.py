"""The database schema can be partitioned by chat."""

from app.adapters.db.connection import Connection

KEYED_OTHERWISE = {"attachment", "search_build"}
"""Tables that only name a chat: a file belongs to its account, and a build of the search index has a position in it."""
# Unique indexes of the tables `chat` and `stream`, and of all tables that belong to one.
_UNIQUE_INDEXES = """
SELECT t.relname AS table_name, i.relname AS index_name,
       array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid AND t.relnamespace = 'public'::regnamespace
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(x.indkey::int2[])
WHERE x.indisunique AND (
    t.relname IN ('chat', 'stream') OR EXISTS (
        SELECT FROM pg_attribute key WHERE key.attrelid = t.oid AND key.attname IN ('chat_id', 'stream_id')
    )
)
GROUP BY 1, 2
"""
_FOREIGN_KEYS = """
SELECT c.conname AS name, array_agg(a.attname::text) AS columns
FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY(c.conkey)
WHERE c.contype = 'f' AND EXISTS (
    SELECT FROM pg_attribute key WHERE key.attrelid = t.oid AND key.attname IN ('chat_id', 'stream_id')
)
GROUP BY 1
"""


async def test_every_unique_index_of_the_chat_tables_contains_the_partition_key(sql: Connection) -> None:
    indexes = await sql.fetch(_UNIQUE_INDEXES)
    tables = {index["table_name"] for index in indexes}
    assert tables >= {"chat", "stream", "chat_member", "account_chat", "message", "reaction", "event"}
    for index in indexes:
        if index["table_name"] in KEYED_OTHERWISE:
            continue
        expected = {"id"} if index["table_name"] in ("chat", "stream") else {"chat_id", "stream_id"}
        assert expected & set(index["columns"]), dict(index)


async def test_every_foreign_key_of_the_chat_tables_contains_the_partition_key(sql: Connection) -> None:
    for key in await sql.fetch(_FOREIGN_KEYS):
        assert "chat_id" in key["columns"], dict(key)


async def test_the_database_has_no_triggers_and_sequences(sql: Connection) -> None:
    query = """
        SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
    """
    assert await sql.fetch(query) == []
