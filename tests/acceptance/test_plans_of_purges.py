"""A chunk of the purge of a long chat reads the rows that it deletes, also where PostgreSQL believes that each chat has
about one row in each table, since most have."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.entities_module import db as entities
from app.modules.forwards_module import db as forwards
from app.modules.messages_module.extension import EVERYONE
from app.modules.pins_module import db as pins
from app.modules.previews_module import db as previews
from app.modules.threads_module.db.cruds import replies
from app.modules.versions_module import db as versions
from tests.acceptance.hot_statements import LONG_CHAT
from tests.acceptance.prepared import Preparer, count_rows, plans_of

_LIMIT = 200
_CHATS, _ROWS = 5_000, 5_000
_PURGES = {
    "forwards": (forwards.PURGE,),
    "link previews": (previews.PURGE_REMOVALS,),
    "versions": (versions.PURGE,),
    "pins": (pins.PURGE,),
    "threads": replies.PURGES,
    "mentions": (entities.PURGE,),
}
_FILL = f"""
CREATE TEMPORARY TABLE new AS
SELECT md5('chat1')::uuid AS chat_id, n AS seq FROM generate_series(1, {_ROWS}) n
UNION ALL SELECT md5('chat' || n)::uuid, 1 FROM generate_series(2, {_CHATS}) n;
INSERT INTO message_forward (chat_id, seq, origin_chat_id, origin_seq) SELECT chat_id, seq, chat_id, seq FROM new;
INSERT INTO removed_link_preview (chat_id, seq) SELECT * FROM new;
INSERT INTO message_version (chat_id, seq, number, sender_id, text, written_at)
SELECT chat_id, seq, 1, chat_id, '', now() FROM new;
INSERT INTO message_pin (chat_id, seq, account_id, pinned_at) SELECT chat_id, seq, chat_id, now() FROM new;
INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
SELECT chat_id, CASE WHEN seq % 2 = 0 THEN '{EVERYONE}' ELSE chat_id END, seq, now() FROM new;
INSERT INTO thread (chat_id, root_seq, reply_count, active_at) SELECT chat_id, seq, 1, now() FROM new;
INSERT INTO thread_reply (chat_id, seq, root_seq, sender_id) SELECT chat_id, seq, seq % 10, chat_id FROM new;
INSERT INTO thread_participant (chat_id, root_seq, account_id, first_seq, reply_count)
SELECT chat_id, seq % 10, md5('person' || seq)::uuid, seq, 1 FROM new;
ANALYZE;
"""  # noqa: S608 - constants only


@pytest.fixture(scope="module")
def plans(template: DatabaseAddress) -> dict[str, list[dict[str, Any]]]:
    runs = {name: partial(_purge, statements) for name, statements in _PURGES.items()}
    return asyncio.run(plans_of(template, _FILL, runs))


async def _purge(statements: Sequence[str], on: Preparer) -> None:
    for statement in statements:
        await on.fetch(statement, LONG_CHAT, _LIMIT)


@pytest.mark.parametrize("name", _PURGES)
def test_a_chunk_of_a_purge_reads_few_rows_that_it_does_not_delete(
    plans: dict[str, list[dict[str, Any]]], name: str
) -> None:
    assert plans[name]
    for plan in plans[name]:
        assert plan["Actual Rows"] == _LIMIT
        assert count_rows(plan) <= 3 * _LIMIT
