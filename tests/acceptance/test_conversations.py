"""Long test of conversations: random histories, compared with a model after every step.

Each history has its own users and group. `CONVERSATION_HISTORIES=10000` takes hours. Other seeds give other histories:
`CONVERSATION_SEED=4`.
"""

import os
from random import Random

import httpx
import pytest

from tests.acceptance.conversations import Conversation

GROUPS, STEPS = 4, 25
HISTORIES = int(os.environ.get("CONVERSATION_HISTORIES", "20")) // GROUPS
FIRST_SEED = int(os.environ.get("CONVERSATION_SEED", "0"))


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + GROUPS))
async def test_all_that_members_see_equals_a_model_after_every_step(server: httpx.AsyncClient, seed: int) -> None:
    dice = Random(seed)
    for number in range(HISTORIES):
        done: list[str] = []
        conversation = await Conversation.begin(server, dice)
        try:
            for _ in range(STEPS):
                done.append(await conversation.step())
                await conversation.check()
        except AssertionError as error:
            error.add_note(f"history {number} of seed {seed}: {done}")
            raise
