from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.passkeys_module.api import router
from app.modules.passkeys_module.db import Passkey, PasskeyChallenge
from app.modules.passkeys_module.services.passkeys import (
    CLEANUP,
    CLEANUP_SCHEDULE,
    ERASE_PASSKEYS,
    NEW_OWNER,
    PASSKEY,
    SIGN_IN,
)
from app.modules.passkeys_module.settings import PASSKEY_OPTIONS, PasskeySettings
from app.utils.module import Module

module = Module(
    name="passkeys",
    description="Passkeys: signing in without a password",
    router=router,
    depends_on=("base", "accounts", "streams", "jobs"),
    models=(Passkey, PasskeyChallenge),
    settings=PasskeySettings,
    invariants=(nothing_of_erased("passkey.account_id", "passkey_challenge.account_id"),),
    contributes=(PASSKEY, SIGN_IN, ERASE_PASSKEYS, NEW_OWNER, CLEANUP, CLEANUP_SCHEDULE, PASSKEY_OPTIONS),
)
