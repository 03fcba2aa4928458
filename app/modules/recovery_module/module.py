from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.recovery_module.api import router
from app.modules.recovery_module.db.models import AccountMailbox, PendingSignUp, RecoveryToken
from app.modules.recovery_module.services.addresses import CHANGE, ERASE_MAILBOX, PENDING, PROOF, SIGN_UP, VERIFIED
from app.modules.recovery_module.services.housekeeping import CLEANUP, CLEANUP_SCHEDULE
from app.modules.recovery_module.services.mails import CONFIRM, NOTIFY, RESET
from app.modules.recovery_module.services.sign_ups import SIGN_UP_MAIL, VERIFIED_SIGN_UP
from app.modules.recovery_module.settings import FOLLOW_LINK, FORGOT_PASSWORD, VERIFY_EMAIL
from app.utils.module import Module

module = Module(
    name="recovery",
    description="Verified addresses, changes of address, forgotten passwords",
    router=router,
    depends_on=("base", "accounts", "streams", "jobs", "mail"),
    models=(AccountMailbox, PendingSignUp, RecoveryToken),
    invariants=(nothing_of_erased("account_mailbox.account_id", "recovery_token.account_id"),),
    contributes=(
        VERIFIED,
        PENDING,
        CHANGE,
        SIGN_UP,
        PROOF,
        ERASE_MAILBOX,
        CONFIRM,
        RESET,
        NOTIFY,
        SIGN_UP_MAIL,
        VERIFIED_SIGN_UP,
        CLEANUP,
        CLEANUP_SCHEDULE,
        VERIFY_EMAIL,
        FORGOT_PASSWORD,
        FOLLOW_LINK,
    ),
)
