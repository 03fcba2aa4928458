"""Each key has a rate limit of its own, and queries for unknown keys are limited by address."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import pytest

from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.keys_module.services import KEYS
from app.modules.keys_module.tests.keys import create_key, program_of
from app.services.context import Context
from app.settings import Settings
from app.utils.container import Container
from app.utils.secrets import new_secret
from tests.fakers import FakeClient, FakeSocket, ok, problem
from tests.rates import limited
from tests.servers import client_of, listening, served


async def test_a_busy_program_uses_up_neither_the_limit_of_its_account_nor_that_of_another_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMIT_API_KEY", "6/hour")
    app = build_app(limited(settings))
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


async def test_keys_that_are_unknown_are_looked_up_within_the_limit_of_their_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE_LIMIT_ADDRESS", "3/minute")
    app = build_app(limited(settings))
    async with served(app) as http:
        container: Container = app.state.container
        looked_up: list[str] = []

        async def identify(context: Context, token: str) -> tuple[Identity, datetime | None]:
            looked_up.append(token)
            return await KEYS.identify(context, token)

        kinds = [replace(KEYS, identify=identify)]
        database, revocations = container.get(Database), container.get(Revocations)
        container.replace(Authenticator, Authenticator(settings.auth, database, revocations, kinds, container))
        anna = await FakeClient.sign_up(http, "anna")
        known = program_of(anna, await create_key(anna))
        ok(await known.get("/accounts/me"))
        stranger = FakeClient(http)
        for _ in range(10):
            stranger.headers["Authorization"] = f"Bearer mbk_{uuid4()}_{new_secret()}"
            answer = await stranger.get("/accounts/me")
        problem(answer, 429, "rate_limited")
        # The first one was the known key.
        assert len(looked_up) == 3
        ok(await known.get("/accounts/me"))
