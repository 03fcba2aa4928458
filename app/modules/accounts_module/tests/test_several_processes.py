"""Tokens with several processes, whose clocks differ and which start at different times."""

from time import time

import jwt
import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.settings import Settings
from tests.fakers import FakeClient, ok


async def test_a_token_of_a_process_whose_clock_is_ahead_is_valid(anna: FakeClient, sql: Connection) -> None:
    secret = await sql.fetchval("SELECT secret FROM signing_key")
    claims = jwt.decode(anna.access_token, options={"verify_signature": False})
    later = jwt.encode(claims | {"iat": int(time()) + 30}, secret, headers={"typ": "access+jwt"})
    anna.headers["Authorization"] = f"Bearer {later}"
    ok(await anna.get("/accounts/me"))


async def test_a_process_that_has_just_started_refuses_tokens_of_ended_sessions(
    anna: FakeClient, settings: Settings, database_address: DatabaseAddress
) -> None:
    phone = await anna.another_device().sign_in()
    assert (await phone.post("/accounts/sign-out")).status_code == 204
    async with Database(database_address).connected() as database:
        # A process that has just started: it has not polled yet.
        revocations = Revocations(database, MemoryBus(), settings.auth.access_lifetime)
        authenticator = Authenticator(settings.auth, database, revocations)
        with pytest.raises(InvalidToken):
            await authenticator.identify(phone.access_token)
        assert (await authenticator.identify(anna.access_token)).account_id == anna.uuid
