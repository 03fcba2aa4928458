"""Whatever happens in a group: the numbers of unread messages and mentions equal a count of all messages."""

import httpx
import pytest

from app.adapters.db.database import Database
from app.modules.entities_module.db import INVARIANTS
from app.modules.entities_module.tests.histories import History
from app.utils.container import Container


@pytest.mark.parametrize("seed", range(6))
async def test_counts_equal_a_model_after_every_step(
    server: httpx.AsyncClient, container: Container, seed: int
) -> None:
    history = await History.begin(server, seed)
    for _ in range(40):
        await history.step()
        await history.check()
    connection = await container.get(Database).connect()
    try:
        assert await connection.fetch(INVARIANTS[0].find) == []
    finally:
        await connection.close()
