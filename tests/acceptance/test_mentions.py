"""Long test of mentions: random histories, counted again after every step. `MENTION_HISTORIES=10000` takes longer."""

import os

import httpx
import pytest

from app.modules.entities_module.tests.histories import History

GROUPS, STEPS = 4, 6
HISTORIES = int(os.environ.get("MENTION_HISTORIES", "200")) // GROUPS


@pytest.mark.parametrize("seed", range(GROUPS))
async def test_counts_of_many_histories_equal_a_model(server: httpx.AsyncClient, seed: int) -> None:
    """A history goes on where the one before it in the group ended."""
    history = await History.begin(server, seed)
    for _ in range(HISTORIES):
        for _ in range(STEPS):
            await history.step()
        await history.check()
