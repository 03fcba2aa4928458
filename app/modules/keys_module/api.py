from fastapi import APIRouter, status

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity, RecentSignIn, RevocationsDep
from app.modules.accounts_module.errors import ReauthenticationRequired
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.keys_module import services
from app.modules.keys_module.errors import KeyNotFound, TooManyKeys
from app.modules.keys_module.schemas import KeyCreate, KeyCreated, KeyId, KeyRead
from app.modules.keys_module.settings import CREATE_KEY
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/accounts/me/keys")


@router.get("")
async def list_mine(identity: CurrentIdentity, work: Work, cursor: Cursor = None, limit: Limit = 50) -> Page[KeyRead]:
    """Lists the caller's API keys, the newest first."""
    return await services.list_keys(work, identity.account_id, cursor, limit)


@router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=refuses(ReauthenticationRequired, TooManyKeys))
async def create(body: KeyCreate, identity: RecentSignIn, limits: LimitsDep, work: Work, log: LogDep) -> KeyCreated:
    """Creates an API key of the caller's account. The key itself is in this answer only.

    The session must have been opened within the last 10 minutes.
    """
    limits.hit(CREATE_KEY, identity.account_id.int)
    return await services.create_key(work, log, identity.account_id, identity.account_id, body)


@router.delete(
    "/{key_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(KeyNotFound, ReauthenticationRequired),
)
async def revoke(key_id: KeyId, identity: RecentSignIn, work: Work, log: LogDep, revocations: RevocationsDep) -> None:
    """Revokes one of the caller's API keys. Its connections are closed within a second.

    The session must have been opened within the last 10 minutes.
    """
    await services.revoke_key(work, log, revocations, identity.account_id, identity.account_id, key_id)
