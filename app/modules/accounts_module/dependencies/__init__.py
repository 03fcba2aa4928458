from app.modules.accounts_module.dependencies.device import DeviceDep
from app.modules.accounts_module.dependencies.identity import (
    OPTIONAL_TOKEN,
    Auth,
    CurrentIdentity,
    OptionalAdmin,
    RecentSignIn,
    ServerAdmin,
)
from app.modules.accounts_module.dependencies.services import (
    AuthSettingsDep,
    EventScopesDep,
    FailedSignInsDep,
    PartsDep,
    PasswordsDep,
    RevocationsDep,
    SignUpsDep,
)
from app.modules.accounts_module.dependencies.sign_in import SignInServiceDep

__all__ = [
    "OPTIONAL_TOKEN",
    "Auth",
    "AuthSettingsDep",
    "CurrentIdentity",
    "DeviceDep",
    "EventScopesDep",
    "FailedSignInsDep",
    "OptionalAdmin",
    "PartsDep",
    "PasswordsDep",
    "RecentSignIn",
    "RevocationsDep",
    "ServerAdmin",
    "SignInServiceDep",
    "SignUpsDep",
]
