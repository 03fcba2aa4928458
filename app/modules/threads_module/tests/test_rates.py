"""The list of followed threads is counted for each account: it costs as much as the account follows."""

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.rates import limited
from tests.servers import served


async def test_an_account_that_lists_its_threads_too_often_has_to_wait(settings: Settings) -> None:
    async with served(build_app(limited(settings))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        boris = await FakeClient.sign_up(http, "boris")
        for number in range(600):
            ok(await anna.get("/threads", unread=number % 2 == 0))
        refused = await anna.get("/threads")
        problem(refused, 429, "rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        ok(await anna.get("/chats"))
        ok(await boris.get("/threads"))
