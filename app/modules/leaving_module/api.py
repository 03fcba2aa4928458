from typing import Annotated

from fastapi import APIRouter

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep, service
from app.modules.accounts_module.dependencies import CurrentIdentity, FailedSignInsDep, PasswordsDep
from app.modules.accounts_module.errors import ReauthenticationRequired, WrongPassword
from app.modules.accounts_module.services import accounts
from app.modules.accounts_module.services.second_factors import SecondFactors
from app.modules.accounts_module.services.sessions import check_open, check_recent
from app.modules.base_module.schemas import refuses
from app.modules.leaving_module import services
from app.modules.leaving_module.schemas import Deactivated, Deactivation
from app.modules.leaving_module.settings import DEACTIVATE
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/accounts/me")


@router.post("/deactivate", openapi_extra=refuses(ReauthenticationRequired, WrongPassword))
async def deactivate(
    body: Deactivation,
    identity: CurrentIdentity,
    limits: LimitsDep,
    database: Db,
    work: Work,
    container: ContainerDep,
    log: LogDep,
    passwords: PasswordsDep,
    failed_sign_ins: FailedSignInsDep,
    factors: Annotated[SecondFactors, service(SecondFactors)],
) -> Deactivated:
    """Deactivates the caller's account, and erases it later.

    All sessions and other tokens end. Chats that the account owns pass to the admin who joined first, else to the
    member who joined first, else to such a reader. Signing in before `erase_at` brings the account back. Without
    `password` and without a `code` of the second factor, a sign-in proves who calls: the session must have been opened
    within the last 10 minutes, with the second factor if the account has one.
    """
    limits.hit(DEACTIVATE, identity.account_id.int)
    account_id, password = identity.account_id, body.password
    if password is None and body.code is None:
        await check_recent(work, log, identity)
    else:
        if password is not None and not await accounts.is_own_password(
            database, passwords, failed_sign_ins, account_id, password
        ):
            raise WrongPassword
        # A session that has ended meanwhile, or a password that was replaced, must not close the account.
        await check_open(work, log, identity)
        if body.code is not None:
            await factors.check_code(work, account_id, body.code)
    return await services.deactivate(work, container, account_id, body.messages)
