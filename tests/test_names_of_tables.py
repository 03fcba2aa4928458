"""Tables of modules whose names are words of SQL, such as "order"."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.adapters.db.connection import Connection
from app.adapters.db.sql import delete_before, delete_of_account, delete_of_chat
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.chats_module.extension import nothing_of_deleted
from app.modules.messages_module.extension import only_of_messages, removing_rows
from app.services.context import Context
from app.utils.container import Container
from app.utils.invariants import Invariant
from tests.fakers import FakeClient


@pytest.fixture
async def order(anna: FakeClient, club: str, connection: Connection) -> None:
    """A table with rows about messages that do not exist."""
    await connection.execute(
        'CREATE TEMPORARY TABLE "order" (owner_id uuid, chat_id uuid, seq bigint, created_at timestamptz)'
    )
    await connection.execute(
        'INSERT INTO "order" SELECT $1, $2, seq, now() FROM generate_series(1, 3) seq', anna.uuid, UUID(club)
    )


@pytest.mark.usefixtures("order")
async def test_doctor_finds_rows_of_erased_accounts_and_of_what_was_deleted(
    anna: FakeClient, club: str, connection: Connection
) -> None:
    await connection.execute("UPDATE account SET erased_at = now() - interval '2 days' WHERE id = $1", anna.uuid)
    await connection.execute("UPDATE chat SET purged_at = now() WHERE id = $1", UUID(club))
    owned, held = nothing_of_erased("order.owner_id"), nothing_of_deleted("order")
    named = only_of_messages("order", says="are ordered", fix="deletes these rows")
    found = [await connection.fetchval(invariant.find) for invariant in (owned, held, named)]
    assert found == [anna.uuid, UUID(club), UUID(club)]


@pytest.mark.usefixtures("order")
@pytest.mark.parametrize(
    "invariant",
    [nothing_of_deleted("order"), only_of_messages("order", says="are ordered", fix="deletes these rows")],
    ids=["chats", "messages"],
)
async def test_doctor_deletes_the_rows_that_it_finds(club: str, connection: Connection, invariant: Invariant) -> None:
    await connection.execute("UPDATE chat SET purged_at = now() WHERE id = $1", UUID(club))
    for statement in invariant.fix:
        await connection.execute(statement, [UUID(club)])
    assert await connection.fetch(invariant.find) == []
    assert await connection.fetch('TABLE "order"') == []


@pytest.mark.usefixtures("order")
async def test_rows_of_a_chat_rows_of_an_account_and_old_rows_are_deleted_in_chunks(
    anna: FakeClient, club: str, connection: Connection
) -> None:
    await connection.execute(delete_of_chat("order", "seq"), UUID(club), 1)
    await connection.execute(delete_of_account("order", "seq", account="owner_id"), anna.uuid, 1)
    await connection.execute(delete_before("order", "created_at", "seq"), datetime.now(UTC) + timedelta(days=1), 1)
    assert await connection.fetch('TABLE "order"') == []


@pytest.mark.usefixtures("order")
async def test_rows_of_removed_messages_are_deleted(club: str, container: Container, connection: Connection) -> None:
    context = Context(connection, container, datetime.now(UTC))
    await removing_rows("order")(context, UUID(club), [1, 2, 3])
    assert await connection.fetch('TABLE "order"') == []
