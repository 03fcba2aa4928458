from app.modules.accounts_module.dependencies.device import DeviceDep
from app.modules.accounts_module.dependencies.identity import Auth, CurrentIdentity, ServerAdmin
from app.modules.accounts_module.dependencies.services import PasswordsDep, RevocationsDep

__all__ = ["Auth", "CurrentIdentity", "DeviceDep", "PasswordsDep", "RevocationsDep", "ServerAdmin"]
