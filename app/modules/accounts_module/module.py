from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.base.bus import Bus
from app.adapters.db.database import Database
from app.modules.accounts_module.api.router import make_router
from app.modules.accounts_module.db.invariants import INVARIANTS
from app.modules.accounts_module.db.models import (
    Account,
    AccountPresence,
    AuthSession,
    SignInFailures,
    SigningKey,
    UsernameHold,
)
from app.modules.accounts_module.dependencies.authentication import AUTHENTICATION
from app.modules.accounts_module.errors import CONSTRAINT_ERRORS
from app.modules.accounts_module.extension import BearerKind
from app.modules.accounts_module.schemas import EVENT_TEXTS, EVENTS
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.erasure import ABSENT, ERASE, OWN_HOOK
from app.modules.accounts_module.services.event_scopes import EventScopes
from app.modules.accounts_module.services.failed_sign_ins import FailedSignIns
from app.modules.accounts_module.services.housekeeping import CLEANUP, CLEANUP_SCHEDULE
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.second_factors import SecondFactors
from app.modules.accounts_module.services.sign_ups import SignUps
from app.modules.accounts_module.settings import RATES
from app.services.rate_limits import RateLimits
from app.settings.auth_settings import AuthSettings
from app.utils.background import running
from app.utils.container import Container
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    settings = container.get(AuthSettings)
    database = container.get(Database)
    bus = container.get(Bus)  # type: ignore[type-abstract]
    kinds = container.get(Modules).contributions(BearerKind)
    revocations = container.put(Revocations, Revocations(database, bus, settings.access_lifetime, kinds))
    container.put(PresenceFilters, PresenceFilters(container.get(Modules), container))
    container.put(EventScopes, EventScopes(container.get(Modules)))
    container.put(AccountParts, AccountParts(container.get(Modules), container))
    container.put(SignUps, SignUps(settings, container.get(Modules), container))
    container.put(SecondFactors, SecondFactors(container.get(Modules), container))
    container.put(FailedSignIns, FailedSignIns(database, container.get(RateLimits)))
    container.put(Passwords, Passwords(settings))
    container.put(Authenticator, Authenticator(settings, database, revocations, kinds, container))
    async with running(revocations.keep_refreshing()):
        yield


module = Module(
    name="accounts",
    description="Sign-up, sign-in, the caller's account, other accounts, sessions",
    router=make_router,
    depends_on=("base", "streams", "jobs"),
    models=(Account, AccountPresence, AuthSession, SignInFailures, SigningKey, UsernameHold),
    events=EVENTS,
    contributes=(*RATES, *EVENT_TEXTS, ABSENT, AUTHENTICATION, ERASE, OWN_HOOK, CLEANUP, CLEANUP_SCHEDULE),
    lifespan=lifespan,
    invariants=INVARIANTS,
    constraint_errors=CONSTRAINT_ERRORS,
)
