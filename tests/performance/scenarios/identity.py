"""The check of an access token, called directly in this process."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import uuid4

from pydantic import SecretStr

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import Database
from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.settings.auth_settings import AuthSettings
from tests.performance.outcome import Outcome
from tests.performance.scenario import Contender, Scenario
from tests.performance.world import World

_SIGNED = 1_000


class Identify(Scenario):
    """A token that is cached, and one whose signature has to be verified."""

    name = "identify"
    title = "Authenticator.identify, called directly"
    unit = "calls/s"

    def contenders(self, world: World, stack: ExitStack) -> Mapping[str, Contender]:
        database = Database(world.database)
        settings = AuthSettings(secret=SecretStr(uuid4().hex))
        revocations = Revocations(database, MemoryBus(), timedelta(minutes=15))
        # One loop for all rounds: connections of the pool belong to it.
        loop = stack.enter_context(asyncio.Runner())

        async def run(seconds: float, *, known: bool) -> Outcome:
            authenticator = Authenticator(settings, database, revocations)
            signer = await authenticator.tokens()
            now = datetime.now(UTC)
            ends = now + settings.access_lifetime
            tokens = [signer.make_access(Identity(uuid4(), uuid4()), now, ends) for _ in range(_SIGNED)]
            count, began = 0, perf_counter()
            while perf_counter() - began < seconds:
                for token in tokens:
                    await authenticator.identify(token)
                count += _SIGNED
                if not known:
                    authenticator = Authenticator(settings, database, revocations)
            return Outcome(count, perf_counter() - began)

        return {
            "known token": Contender(lambda seconds: loop.run(run(seconds, known=True))),
            "new token": Contender(lambda seconds: loop.run(run(seconds, known=False))),
        }


SCENARIOS = (Identify(),)
