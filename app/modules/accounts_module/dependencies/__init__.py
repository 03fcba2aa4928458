from app.modules.accounts_module.dependencies.device import DeviceDep
from app.modules.accounts_module.dependencies.identity import Auth, CurrentIdentity, ServerAdmin
from app.modules.accounts_module.dependencies.services import (
    FailedSignInsDep,
    PartsDep,
    PasswordsDep,
    RevocationsDep,
    SignUpHooksDep,
)

__all__ = [
    "Auth",
    "CurrentIdentity",
    "DeviceDep",
    "FailedSignInsDep",
    "PartsDep",
    "PasswordsDep",
    "RevocationsDep",
    "ServerAdmin",
    "SignUpHooksDep",
]
