"""The limits of what is posted, per webhook and per chat."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, post, texts_of
from app.settings import Settings
from tests.fakers import FakeClient
from tests.rates import limited
from tests.servers import client_of, served


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    rates = {"post_by_incoming_webhook": "2/hour", "post_by_incoming_webhooks_of_chat": "3/hour"}
    app = build_app(limited(settings, **rates))
    async with served(app), client_of(app) as http:
        yield http


async def test_each_webhook_and_all_of_a_chat_are_limited(
    anna: FakeClient, club: str, server: httpx.AsyncClient
) -> None:
    first, second, other = [await create_hook(anna, chat) for chat in (club, club, await anna.open_chat())]
    answers = [await post(server, hook, "Раз") for hook in (first, first, first, second, second, other)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 429, 200]
    for refused in (answers[2], answers[4]):
        assert refused.text == "rate_limited"
        assert 3500 < int(refused.headers["retry-after"]) <= 3600
    assert await texts_of(anna, club) == ["Раз"] * 3
