from app.modules.accounts_module.schemas.account import (
    MIN_PASSWORD,
    AccountId,
    AccountMe,
    AccountPublic,
    AccountSignedUp,
    AccountUpdate,
    Email,
    Password,
    PasswordChange,
    SignUp,
)
from app.modules.accounts_module.schemas.events import EVENT_TEXTS, EVENTS
from app.modules.accounts_module.schemas.session import (
    RefreshRequest,
    SessionRead,
    SignedIn,
    SignIn,
    TokenForm,
    TokenPair,
)

__all__ = [
    "EVENTS",
    "EVENT_TEXTS",
    "MIN_PASSWORD",
    "AccountId",
    "AccountMe",
    "AccountPublic",
    "AccountSignedUp",
    "AccountUpdate",
    "Email",
    "Password",
    "PasswordChange",
    "RefreshRequest",
    "SessionRead",
    "SignIn",
    "SignUp",
    "SignedIn",
    "TokenForm",
    "TokenPair",
]
