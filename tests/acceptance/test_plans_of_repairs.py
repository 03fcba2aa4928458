"""`manage.py doctor --fix` locks the chats that it repairs: it reads their rows a few times, and few of others."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from app.adapters.db.address import DatabaseAddress
from app.commands.create_database import connected
from app.commands.doctor_checks import Finding
from app.commands.doctor_repairs import repair
from app.utils.invariants import Invariant
from app.utils.module import Modules
from app.utils.setup_modules import discover_modules
from tests.acceptance.hot_statements import LONG_CHAT
from tests.acceptance.prepared import count_rows
from tests.databases import clone, drop

_MESSAGES, _CHATS = 1_000, 60
_MOST = 20 * _MESSAGES
_FILL = f"""
INSERT INTO account (id, email, email_key, username, display_name, password_hash)
SELECT md5('person' || n)::uuid, 'person' || n, 'person' || n, 'person' || n, '', ''
FROM generate_series(1, {_MESSAGES}) n;
INSERT INTO chat (id, type, created_by, owner_id, member_count, last_seq, active_at)
SELECT md5('chat' || n)::uuid, 'group', md5('person1')::uuid, md5('person1')::uuid, {_MESSAGES}, {_MESSAGES}, now()
FROM generate_series(1, {_CHATS}) n;
INSERT INTO stream (id, last_seq) SELECT id, last_seq FROM chat UNION ALL SELECT id, 0 FROM account;
INSERT INTO chat_member (chat_id, account_id, role, joined_event_seq, joined_at)
SELECT md5('chat1')::uuid, id, 'member', 1, now() FROM account;
INSERT INTO account_chat (account_id, chat_id, joined_seq) SELECT account_id, chat_id, 1 FROM chat_member;
INSERT INTO message (chat_id, seq, id, sender_id, type, text, digest, created_at, event_seqs, parts)
SELECT id, n, gen_random_uuid(), created_by, 'text', '', '', now(), ARRAY[n],
       json_build_object('entities', json_build_array(json_build_object(
           'type', 'mention', 'account_id', md5('person' || n)::uuid
       )))
FROM chat, generate_series(1, last_seq) n;
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT chat_id, seq, 'message.created', '{{"text":""}}', now() FROM message;
INSERT INTO message_mention (chat_id, account_id, seq, mentioned_at)
SELECT chat_id, md5('person' || seq)::uuid, seq, created_at FROM message;
INSERT INTO reaction (chat_id, seq, emoji, account_id, created_at)
SELECT chat_id, seq, '👍', sender_id, now() FROM message;
"""  # noqa: S608 - constants only
_EXPLAIN = """
CREATE TABLE plan (says text, plan json);
CREATE FUNCTION explain(says text, statement text, ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON) ' || statement INTO found USING ids;
    INSERT INTO plan VALUES (says, found);
END
$$
"""


def _repairs() -> dict[str, Invariant]:
    modules = discover_modules().values()
    known = [(*module.invariants, *Modules([module]).contributions(Invariant)) for module in modules]
    return {invariant.says: invariant for invariants in known for invariant in invariants if invariant.fix}


_REPAIRS = _repairs()


@pytest.fixture(scope="module")
def plans(template: DatabaseAddress) -> dict[str, list[dict[str, Any]]]:
    """The plans by which the statements of each repair ran."""
    return asyncio.run(_run(template))


async def _run(template: DatabaseAddress) -> dict[str, list[dict[str, Any]]]:
    address = await clone(template)
    try:
        async with connected(address) as connection:
            await connection.execute(_FILL)
            await connection.execute(_EXPLAIN)
            await connection.execute("VACUUM ANALYZE")
            assert not await repair(address, [_explaining(invariant) for invariant in _REPAIRS.values()])
            rows = await connection.fetch("SELECT says, plan FROM plan")
            plans: dict[str, list[dict[str, Any]]] = {says: [] for says in _REPAIRS}
            for says, plan in rows:
                plans[says].append(orjson.loads(plan)[0]["Plan"])
            return plans
    finally:
        await drop(address)


def _explaining(invariant: Invariant) -> Finding:
    """A repair of one chat that explains its statements."""
    says = invariant.says
    fix = tuple(f"SELECT explain($says${says}$says$, $fix${statement}$fix$, $1)" for statement in invariant.fix)
    return Finding(says, ["wrong"], invariant.advice, replace(invariant, fix=fix), [LONG_CHAT])


def _count_compared(plan: dict[str, Any]) -> float:
    """Returns the number of pairs of rows that joins have compared in vain."""
    compared: float = plan.get("Rows Removed by Join Filter", 0) * plan["Actual Loops"]
    return compared + sum(_count_compared(part) for part in plan.get("Plans", ()))


@pytest.mark.parametrize("says", _REPAIRS)
def test_a_repair_reads_the_rows_of_its_chats_a_few_times(plans: dict[str, list[dict[str, Any]]], says: str) -> None:
    assert len(plans[says]) == len(_REPAIRS[says].fix)
    for plan in plans[says]:
        assert count_rows(plan) + _count_compared(plan) <= _MOST
