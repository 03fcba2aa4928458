"""Long test of mentions: many random histories, counted again after every step."""

import httpx
import pytest

from app.modules.entities_module.tests.histories import History

GROUPS, HISTORIES, STEPS = 20, 500, 6


@pytest.mark.parametrize("seed", range(GROUPS))
async def test_counts_of_ten_thousand_histories_equal_a_model(server: httpx.AsyncClient, seed: int) -> None:
    """A history goes on where the one before it in the group ended."""
    history = await History.begin(server, seed)
    for _ in range(HISTORIES):
        for _ in range(STEPS):
            await history.step()
        await history.check()
