from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.accounts_module.services.sealing import Sealer
from app.modules.second_factor_module.api import router
from app.modules.second_factor_module.db import RecoveryCode, TotpFactor, WrongCodes
from app.modules.second_factor_module.services.contributions import (
    ADMINS,
    CLEANUP,
    CLEANUP_SCHEDULE,
    CODES,
    CODES_LEFT,
    ERASE_FACTOR,
    FACTOR,
    NEW_OWNER,
    TOTP_ENABLED,
)
from app.modules.second_factor_module.settings import GIVE_CODE, SecondFactorSettings
from app.settings.auth_settings import AuthSettings
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    container.put(Sealer, Sealer(container.get(AuthSettings), container.get(Database), b"secrets of second factors"))
    yield


module = Module(
    name="second_factor",
    description="Second factors: codes of authenticator apps, and recovery codes",
    router=router,
    depends_on=("base", "accounts", "streams", "jobs"),
    models=(TotpFactor, RecoveryCode, WrongCodes),
    lifespan=lifespan,
    settings=SecondFactorSettings,
    invariants=(nothing_of_erased("totp_factor.account_id", "recovery_code.account_id", "wrong_codes.account_id"),),
    contributes=(
        FACTOR,
        CODES,
        TOTP_ENABLED,
        CODES_LEFT,
        ADMINS,
        ERASE_FACTOR,
        NEW_OWNER,
        CLEANUP,
        CLEANUP_SCHEDULE,
        GIVE_CODE,
    ),
)
