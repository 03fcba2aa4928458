from app.modules.accounts_module.db.models.account import Account, AccountPresence
from app.modules.accounts_module.db.models.session import AuthSession
from app.modules.accounts_module.db.models.sign_in_failures import SignInFailures
from app.modules.accounts_module.db.models.signing_key import SigningKey
from app.modules.accounts_module.db.models.username_hold import UsernameHold

__all__ = ["Account", "AccountPresence", "AuthSession", "SignInFailures", "SigningKey", "UsernameHold"]
