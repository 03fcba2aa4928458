"""Each key has a rate limit of its own."""

from dataclasses import replace

import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.keys_module.tests.keys import create_key, program_of
from app.settings import Settings
from app.settings.limits_settings import LimitsSettings
from tests.fakers import FakeClient, FakeSocket, ok, problem
from tests.servers import client_of, listening


async def test_a_busy_program_uses_up_neither_the_limit_of_its_account_nor_that_of_another_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMIT_API_KEY", "5/minute")
    app = build_app(replace(settings, limits=LimitsSettings()))
    async with listening(app) as address, client_of(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        busy, other = [program_of(anna, await create_key(anna)) for _ in range(2)]
        for _ in range(2):
            ok(await busy.get("/accounts/me"))
        async with FakeSocket(busy, address) as socket:
            replies = [await socket.begin("ping") for _ in range(4)]
            assert [reply["status"] for reply in replies] == ["ok", "ok", "ok", "error"]
            assert replies[-1]["error"]["code"] == "rate_limited"
        problem(await busy.get("/accounts/me"), 429, "rate_limited")
        ok(await other.get("/accounts/me"))
        ok(await anna.get("/accounts/me"))
