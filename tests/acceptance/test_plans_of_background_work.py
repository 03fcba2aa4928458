"""Background work reads few rows beside those that it changes or counts, however many others there are."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.forwards_module import db as forwards
from app.modules.streams_module.db.cruds import sweep
from app.modules.webhooks_module.db.cruds import cursors
from tests.acceptance.hot_statements import ANNA, LONG_CHAT, Run
from tests.acceptance.prepared import count_rows, plans_of

_OTHERS, _LIMIT = 1_000, 5
_WEBHOOK = UUID(int=1)
_MOST_ROWS, _MOST_PAGES = 3 * _LIMIT, 100
_STATEMENTS: dict[str, Run] = {
    "forget the author of forwards": lambda on: forwards.forget_author(on, ANNA, LONG_CHAT, _LIMIT),
    "count events that were set aside": lambda on: sweep.read_behind(on, ["search"]),
    "look for events of a webhook that is far behind": lambda on: cursors.list_behind(
        on, ANNA, _WEBHOOK, UUID(int=0), ["chat.deleted"], None, _LIMIT
    ),
}
# The author has forwards in the chat and in many others. So have other authors in the chat.
_FILL = f"""
INSERT INTO message_forward (chat_id, seq, origin_chat_id, origin_seq, author_id)
SELECT coalesce(chat_id, gen_random_uuid()), n, gen_random_uuid(), 1, coalesce(author_id, gen_random_uuid())
FROM (VALUES (md5('chat1')::uuid, NULL, 0), (NULL, md5('person2')::uuid, 0),
             (md5('chat1')::uuid, md5('person2')::uuid, {_OTHERS})) AS made(chat_id, author_id, after),
     generate_series(after + 1, after + {_OTHERS}) n;
INSERT INTO subscriber (name, created_at) VALUES ('search', now()), ('another', now());
INSERT INTO subscriber_failure (stream_id, subscriber, seq, error, failed_at)
SELECT gen_random_uuid(), CASE WHEN n > {_LIMIT} THEN 'another' ELSE 'search' END, n, '', now()
FROM generate_series(1, 20 * {_OTHERS}) n;
INSERT INTO stream (id, last_seq) VALUES (md5('chat1')::uuid, 2 * {cursors.WINDOW});
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT md5('chat1')::uuid, n, 'message.created', '{{}}', now() FROM generate_series(1, 2 * {cursors.WINDOW}) n;
INSERT INTO webhook_cursor (stream_id, webhook_id, account_id, seq)
VALUES (md5('chat1')::uuid, '{_WEBHOOK}', md5('person2')::uuid, 0);
ANALYZE;
"""  # noqa: S608 - constants only


@pytest.fixture(scope="module")
def plans(template: DatabaseAddress) -> dict[str, list[dict[str, Any]]]:
    return asyncio.run(plans_of(template, _FILL, _STATEMENTS))


@pytest.mark.parametrize("name", _STATEMENTS)
def test_a_statement_reads_few_rows_of_others(plans: dict[str, list[dict[str, Any]]], name: str) -> None:
    (plan,) = plans[name]
    assert count_rows(plan) <= _MOST_ROWS
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= _MOST_PAGES
