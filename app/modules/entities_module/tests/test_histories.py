"""Whatever happens in a group: the numbers of unread messages and mentions equal a count of all messages.

`MENTION_STEPS=1000` takes longer."""

import os

import httpx
import pytest

from app.modules.entities_module.db import INVARIANTS
from app.modules.entities_module.tests.histories import History
from app.utils.container import Container
from tests.databases import rows

STEPS = int(os.environ.get("MENTION_STEPS", "40"))


@pytest.mark.parametrize("seed", range(6))
async def test_counts_equal_a_model_after_every_step(
    server: httpx.AsyncClient, container: Container, seed: int
) -> None:
    history = await History.begin(server, seed)
    for _ in range(STEPS):
        await history.step()
        await history.check()
    assert await rows(container, INVARIANTS[0].find) == []
