"""Whatever happens in a group: the numbers of unread messages and mentions equal a count of all messages."""

import httpx
import pytest

from app.modules.entities_module.db import INVARIANTS
from app.modules.entities_module.tests.histories import History
from app.utils.container import Container
from tests.databases import rows


@pytest.mark.parametrize("seed", range(6))
async def test_counts_equal_a_model_after_every_step(
    server: httpx.AsyncClient, container: Container, seed: int
) -> None:
    history = await History.begin(server, seed)
    for _ in range(40):
        await history.step()
        await history.check()
    assert await rows(container, INVARIANTS[0].find) == []
