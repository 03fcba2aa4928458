"""Whatever happens in a few chats: a search finds what a look through all of their messages finds.

`SEARCH_HISTORIES=300` takes longer."""

import os

import httpx

from app.modules.search_module.tests.histories import Histories

HISTORIES = int(os.environ.get("SEARCH_HISTORIES", "25"))


async def test_random_histories_are_searched_as_by_reading_everything(server: httpx.AsyncClient) -> None:
    histories = await Histories.begin(server, seed=18)
    for _ in range(HISTORIES):
        await histories.run(steps=8)
