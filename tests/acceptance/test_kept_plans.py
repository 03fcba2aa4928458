"""PostgreSQL keeps the plan of a prepared statement until statistics of one of its tables change. Each of the hot
statements reads few rows of full tables by a plan from when they were empty, and by those that are made while VACUUM
and ANALYZE have seen only some of the tables, as after a restore of a backup."""

import asyncio
import re
from typing import Any

import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.messages_module.extension import EVERYONE
from tests.acceptance.hot_statements import LIKED, hot_statements
from tests.acceptance.prepared import Preparer, count_rows, pooled_connection

_STATEMENTS = hot_statements(5)
MAX_PAGES, MAX_ROWS = 120, 120
"""Pages of 8 KB that a statement may touch, and rows that it may look at."""
_MESSAGES, _CHATS, _PEOPLE = 20_000, 2_000, 2_000
_ROOT = 10_000
"""The message of the long chat to which all later ones reply. The hot statements remove replies to it."""

_FILL = f"""
INSERT INTO account (id, email, email_key, username, display_name, password_hash)
SELECT md5('person' || n)::uuid, 'person' || n, 'person' || n, 'person' || n, '', ''
FROM generate_series(1, {_PEOPLE}) n;
INSERT INTO auth_session (id, account_id, last_used_at, expires_at, revoked_at)
SELECT gen_random_uuid(), md5('person2')::uuid, '2025-12-31', '2026-12-31', CASE WHEN n > 5 THEN '2025-12-31'::date END
FROM generate_series(1, 5000) n;
INSERT INTO chat (id, type, created_by, member_count, last_seq, active_at, furthest_reader_id)
SELECT md5('chat' || n)::uuid, 'group', md5('person1')::uuid, 20, CASE WHEN n = 1 THEN {_MESSAGES} ELSE 1 END, now(),
       md5('person' || CASE WHEN n = 1 THEN 50 ELSE 1 END)::uuid
FROM generate_series(1, {_CHATS}) n;
INSERT INTO stream (id, last_seq) SELECT id, last_seq FROM chat UNION ALL SELECT id, 1 FROM account;
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at, read_seq)
SELECT md5('chat' || c)::uuid, md5('person' || p)::uuid, 'member', p, now(),
       CASE WHEN c = 1 THEN {_MESSAGES} - 10 ELSE 0 END
FROM generate_series(1, {_CHATS}) c, generate_series(1, {_PEOPLE}) p
WHERE c = 1 OR p = 2 AND c <= 5 OR p <> 2 AND (c + p) % CASE WHEN c <= 100 THEN 1000 ELSE 100 END = 0;
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT account_id, chat_id, 1 FROM chat_member;
INSERT INTO former_member (chat_id, account_id, left_event_seq)
SELECT md5('chat1')::uuid, md5('former' || n)::uuid, n FROM generate_series(1, {_PEOPLE}) n;
INSERT INTO message (chat_id, seq, id, client_msg_id, sender_id, type, text, digest, created_at, event_seqs)
SELECT id, n, gen_random_uuid(), gen_random_uuid(), md5('person2')::uuid, 'text', 'word', '',
       CASE WHEN n > {_MESSAGES} - 100 THEN now() + n * interval '1 hour' ELSE '2026-01-01' END, ARRAY[n]
FROM chat, generate_series(1, last_seq) n;
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT id, n, 'message.created', '{{}}', now() FROM stream, generate_series(1, last_seq) n;
INSERT INTO subscriber_cursor (stream_id, subscriber, seq, retry_at)
SELECT id, name, 0, CASE name WHEN 'a' THEN '2026-01-01'::date END
FROM stream, unnest('{{search,a,b,c,d}}'::text[]) name;
INSERT INTO job (owner_id, id, name, key, lane, payload, run_at, created_at)
SELECT md5('person' || n % {_PEOPLE})::uuid, md5('person' || n)::uuid, 'a job', n, 'default', '{{}}', now(), now()
FROM generate_series(1, 20000) n;
INSERT INTO search_message (chat_id, sent_at, seq, revision, tsv)
SELECT chat_id, created_at, seq, seq, 'word' FROM message;
INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
SELECT chat_id, md5('person' || seq % {_PEOPLE})::uuid, seq, created_at FROM message;
INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
SELECT chat_id, '{EVERYONE}', seq, greatest(created_at, now() + (seq - {_MESSAGES} / 2) * interval '1 minute')
FROM message;
INSERT INTO thread_reply (chat_id, seq, root_seq, sender_id)
SELECT chat_id, seq, least(seq, {_ROOT}), md5('person' || seq % {_PEOPLE})::uuid FROM message;
INSERT INTO thread (chat_id, root_seq, reply_count, last_seq, active_at)
SELECT chat_id, root_seq, count(*), max(seq), '2026-01-01' FROM thread_reply GROUP BY chat_id, root_seq;
INSERT INTO thread_participant (chat_id, root_seq, account_id, first_seq, reply_count)
SELECT chat_id, root_seq, sender_id, min(seq), count(*) FROM thread_reply GROUP BY chat_id, root_seq, sender_id;
INSERT INTO thread_position (chat_id, root_seq, account_id, read_seq, is_following)
SELECT md5('chat1')::uuid, p, md5('person' || p)::uuid, 1, true FROM generate_series(1, {_PEOPLE}) p
UNION ALL SELECT md5('chat2')::uuid, n, md5('person2')::uuid, 1, false FROM generate_series(1, 1000) n;
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at)
SELECT md5('chat1')::uuid, {LIKED}, CASE WHEN n < 10 THEN '🎉' ELSE '👍' END, md5('person' || n)::uuid, now()
FROM generate_series(1, {_PEOPLE}) n;
UPDATE message SET reaction_count = {_PEOPLE}, reaction_totals =
    '[{{"emoji":"👍","count":{_PEOPLE - 9}}},{{"emoji":"🎉","count":9}}]'
WHERE chat_id = md5('chat1')::uuid AND seq = {LIKED};
INSERT INTO message_version (chat_id, seq, number, sender_id, text, written_at)
SELECT chat_id, seq, 1, sender_id, '', now() FROM message;
INSERT INTO message_pin (chat_id, seq, account_id, pinned_at)
SELECT md5('chat1')::uuid, n, md5('person1')::uuid, now() FROM generate_series(1, 10) n;
INSERT INTO attachment (id, owner_id, state, filename, content_type, metadata, length, received, reserved, created_at,
                        chat_id, seq)
SELECT id, md5('person2')::uuid, 'ready', '', '', '', 0, 0, 0, now(), md5('chat1')::uuid, 1 FROM account;
INSERT INTO attachment_usage (account_id, bytes, payer_id)
SELECT md5('person' || n)::uuid, 1, md5('person' || n % 100)::uuid FROM generate_series(1, {_PEOPLE}) n;
INSERT INTO message_attachment (chat_id, seq, position, attachment_id, kind)
SELECT chat_id, n, 0, id, CASE WHEN n > 9005 THEN 'image' ELSE 'audio' END
FROM (SELECT *, row_number() OVER () + 9000 AS n FROM attachment) a;
"""  # noqa: S608 - constants only


_STEPS = [(step, table) for step in ("VACUUM", "ANALYZE") for table in re.findall(r"INSERT INTO (\w+)", _FILL)]
"""VACUUM counts the rows of a table, as the creation of an index does. Only ANALYZE looks at their values."""


@pytest.fixture(scope="module")
def plans(template: DatabaseAddress) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """The plans of each statement with what they read in full tables, each with the last step before it was made."""
    return asyncio.run(_run(template))


async def _run(template: DatabaseAddress) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    async with pooled_connection(template) as connection:
        prepared = {name: Preparer(connection, f"kept_{n}") for n, name in enumerate(_STATEMENTS)}
        for name, run in _STATEMENTS.items():
            await run(prepared[name])
        await connection.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        await connection.execute(_FILL, timeout=600)
        plans = {name: [("empty", plan) for plan in await prepared[name].explain()] for name in prepared}
        for step, table in _STEPS:
            await connection.execute(f"{step} {table}", timeout=600)
            for name in prepared:
                plans[name] += [(f"{step} {table}", plan) for plan in await prepared[name].explain(table)]
        return plans


@pytest.mark.parametrize("name", _STATEMENTS)
def test_a_statement_reads_few_rows_of_full_tables_whatever_the_planner_knew_of_them(
    plans: dict[str, list[tuple[str, dict[str, Any]]]], name: str
) -> None:
    assert plans[name]
    for known, plan in plans[name]:
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= MAX_PAGES, known
        assert count_rows(plan) <= MAX_ROWS, known
