"""A subscriber sets any number of events aside, until an operator acts."""

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.streams_module.services.subscribers import operating
from tests.manage import manage

_FAILURES = """
INSERT INTO subscriber_failure (stream_id, subscriber, seq, error, failed_at)
SELECT gen_random_uuid(), name, n, 'it failed', now() + n * interval '1 second'
FROM (VALUES ('failing', 2000), ('noting', 3)) AS made(name, count), generate_series(1, count) n
"""


@pytest.fixture(autouse=True)
async def _many(connection: Connection) -> None:
    await connection.execute(
        "INSERT INTO subscriber (name, created_at) SELECT name, now() FROM unnest('{failing,noting}'::text[]) name"
    )
    await connection.execute(_FAILURES)


async def test_the_first_failures_of_each_subscriber_are_listed(
    connection: Connection, database_address: DatabaseAddress
) -> None:
    failures = await operating.list_failures(connection)
    expected = [("failing", seq) for seq in range(1, 101)] + [("noting", seq) for seq in range(1, 4)]
    assert [(failure.subscriber, failure.seq) for failure in failures] == expected
    listed = (await manage(database_address, "subscribers", "list")).output
    assert "2000 events set aside" in listed
    assert listed.count("it failed") == 103
