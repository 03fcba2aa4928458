from app.modules.accounts_module.db.models.account import Account, AccountPresence
from app.modules.accounts_module.db.models.session import AuthSession
from app.modules.accounts_module.db.models.signing_key import SigningKey

__all__ = ["Account", "AccountPresence", "AuthSession", "SigningKey"]
