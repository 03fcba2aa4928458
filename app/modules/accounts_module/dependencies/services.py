from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.accounts_module.services.guesses import Guesses
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.revocations import Revocations

GuessesDep = Annotated[Guesses, service(Guesses)]
PartsDep = Annotated[AccountParts, service(AccountParts)]
PasswordsDep = Annotated[Passwords, service(Passwords)]
RevocationsDep = Annotated[Revocations, service(Revocations)]
