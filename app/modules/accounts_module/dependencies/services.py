"""The services of accounts as parameter types."""

from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.accounts_module.services.event_scopes import EventScopes
from app.modules.accounts_module.services.failed_sign_ins import FailedSignIns
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.sign_ups import SignUps
from app.settings.auth_settings import AuthSettings

AuthSettingsDep = Annotated[AuthSettings, service(AuthSettings)]
EventScopesDep = Annotated[EventScopes, service(EventScopes)]
FailedSignInsDep = Annotated[FailedSignIns, service(FailedSignIns)]
PartsDep = Annotated[AccountParts, service(AccountParts)]
PasswordsDep = Annotated[Passwords, service(Passwords)]
RevocationsDep = Annotated[Revocations, service(Revocations)]
SignUpsDep = Annotated[SignUps, service(SignUps)]
