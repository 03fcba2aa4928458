from app.modules.accounts_module.dependencies.device import DeviceDep
from app.modules.accounts_module.dependencies.identity import Auth, CurrentIdentity, ServerAdmin
from app.modules.accounts_module.dependencies.services import GuessesDep, PartsDep, PasswordsDep, RevocationsDep

__all__ = [
    "Auth",
    "CurrentIdentity",
    "DeviceDep",
    "GuessesDep",
    "PartsDep",
    "PasswordsDep",
    "RevocationsDep",
    "ServerAdmin",
]
