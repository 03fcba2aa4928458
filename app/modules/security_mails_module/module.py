from app.modules.security_mails_module.db import INVARIANTS
from app.modules.security_mails_module.services import ERASE_MAILS, FOLLOW, NOTIFY
from app.modules.security_mails_module.settings import SECURITY_MAILS
from app.utils.module import Module

module = Module(
    name="security_mails",
    description="Mails about changes of how an account is protected",
    depends_on=("base", "accounts", "streams", "jobs", "mail"),
    invariants=INVARIANTS,
    contributes=(FOLLOW, NOTIFY, ERASE_MAILS, SECURITY_MAILS),
)
