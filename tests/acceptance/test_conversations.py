"""Long test of conversations: random histories, compared with a model after every step.

`CONVERSATION_HISTORIES=10000` takes about 20 minutes of one core. Other seeds give other histories:
`CONVERSATION_SEED=4`.
"""

import os
from asyncio import gather
from contextlib import AsyncExitStack
from random import Random

import httpx
import pytest

from tests.acceptance.conversations import USERS, Conversation
from tests.acceptance.online_users import User

HISTORIES = int(os.environ.get("CONVERSATION_HISTORIES", "20"))
FIRST_SEED = int(os.environ.get("CONVERSATION_SEED", "0"))
AT_ONCE, STEPS = min(HISTORIES, 50), 25


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + HISTORIES // AT_ONCE))
async def test_all_that_members_see_equals_a_model_after_every_step(
    server: httpx.AsyncClient, live_server: str, seed: int
) -> None:
    dice = Random(seed)
    async with AsyncExitStack() as stack:
        users = [await stack.enter_async_context(User.begin(server, live_server, dice)) for _ in range(USERS)]
        conversations = [await Conversation.begin(users, dice) for _ in range(AT_ONCE)]
        for _ in range(STEPS):
            for conversation in conversations:
                await conversation.step()
            views = await gather(*(user.look() for user in users))
            for number, conversation in enumerate(conversations):
                try:
                    await conversation.check(views)
                except AssertionError as error:
                    error.add_note(f"history {number} of seed {seed}: {conversation.done}")
                    raise
