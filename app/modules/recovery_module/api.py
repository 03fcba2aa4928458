from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity, DeviceDep, PasswordsDep, RevocationsDep
from app.modules.accounts_module.errors import EmailTaken, SignUpClosed, UsernameTaken
from app.modules.base_module.schemas import refuses
from app.modules.jobs_module.dependencies import JobsDep
from app.modules.recovery_module.errors import LinkExpired
from app.modules.recovery_module.schemas import PasswordForgotten, PasswordReset, TokenGiven
from app.modules.recovery_module.services import addresses, passwords
from app.modules.recovery_module.settings import FOLLOW_LINK, FORGOT_PASSWORD, VERIFY_EMAIL
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of

router = APIRouter(prefix="/accounts")


@router.post("/email/verify", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def verify_email(identity: CurrentIdentity, limits: LimitsDep, work: Work, jobs: JobsDep) -> None:
    """Sends the mail that confirms the caller's address once more.

    If another address waits for its confirmation, the mail goes to that one. A verified address gets none.
    """
    limits.hit(VERIFY_EMAIL, identity.account_id.int)
    await addresses.send_confirmation(work, jobs, identity.account_id)


@router.post(
    "/email/confirm",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(LinkExpired, EmailTaken, SignUpClosed, UsernameTaken),
)
async def confirm_email(
    body: TokenGiven,
    device: DeviceDep,
    limits: LimitsDep,
    work: Work,
    log: LogDep,
    jobs: JobsDep,
    container: ContainerDep,
) -> None:
    """Confirms an address with the token of the mail, which is valid for 24 hours and once.

    With `AUTH_SIGN_UP=verified` it creates the account of a sign-up. By then the username may be taken, or
    sign-up closed.
    """
    limits.hit(FOLLOW_LINK, network_of(device.address))
    await addresses.confirm(work, log, jobs, container, body.token)


@router.post("/password/forgot", status_code=status.HTTP_202_ACCEPTED, response_class=Response)
async def forgot_password(
    body: PasswordForgotten, device: DeviceDep, limits: LimitsDep, work: Work, jobs: JobsDep
) -> None:
    """Sends a link to a new password to the account with this address, if there is one.

    The answer is the same for every address.
    """
    limits.hit(FORGOT_PASSWORD, network_of(device.address))
    await passwords.request_reset(work, jobs, body.email)


@router.post("/password/reset", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(LinkExpired))
async def reset_password(
    body: PasswordReset,
    device: DeviceDep,
    limits: LimitsDep,
    work: Work,
    database: Db,
    log: LogDep,
    hashes: PasswordsDep,
    revocations: RevocationsDep,
    container: ContainerDep,
) -> None:
    """Sets a new password with the token of the mail, which is valid for 30 minutes and once. All sessions end."""
    network = network_of(device.address)
    limits.hit(FOLLOW_LINK, network)
    await passwords.reset_password(
        work, database, log, hashes, revocations, container, body.token, body.new_password, network
    )
