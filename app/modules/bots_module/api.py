from fastapi import APIRouter, status

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep, SizesDep
from app.modules.accounts_module.dependencies import (
    AuthSettingsDep,
    CurrentIdentity,
    PartsDep,
    RecentSignIn,
    RevocationsDep,
)
from app.modules.accounts_module.errors import ReauthenticationRequired, UsernameTaken
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.bots_module import services
from app.modules.bots_module.errors import BotNotFound, TooManyBots
from app.modules.bots_module.schemas import BotCreate, BotId, BotRead, BotsRead, BotUpdate, Messages
from app.modules.bots_module.settings import CREATE_BOT
from app.modules.keys_module.errors import KeyNotFound, TooManyKeys
from app.modules.keys_module.schemas import KeyCreate, KeyCreated, KeyId, KeyRead
from app.modules.keys_module.services import create_key, list_keys, revoke_key
from app.modules.keys_module.settings import CREATE_KEY
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/bots")


@router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=refuses(TooManyBots, UsernameTaken))
async def create(
    body: BotCreate, identity: CurrentIdentity, limits: LimitsDep, work: Work, log: LogDep, settings: AuthSettingsDep
) -> BotRead:
    """Creates a bot of the caller. It calls with API keys of its own."""
    limits.hit(CREATE_BOT, identity.account_id.int)
    return await services.create_bot(work, log, identity.account_id, body, settings.reserved_usernames)


@router.get("")
async def list_mine(identity: CurrentIdentity, work: Work) -> BotsRead:
    """Lists all bots of the caller, the newest first."""
    return BotsRead(items=await services.list_bots(work, identity.account_id), next_cursor=None)


@router.get("/{bot_id}", openapi_extra=refuses(BotNotFound))
async def read(bot_id: BotId, identity: CurrentIdentity, work: Work) -> BotRead:
    """Returns one of the caller's bots."""
    return await services.get_bot(work, identity.account_id, bot_id)


@router.patch("/{bot_id}", openapi_extra=refuses(BotNotFound, UsernameTaken))
async def change(
    bot_id: BotId,
    body: BotUpdate,
    identity: CurrentIdentity,
    work: Work,
    log: LogDep,
    parts: PartsDep,
    sizes: SizesDep,
    settings: AuthSettingsDep,
) -> BotRead:
    """Changes the given fields of one of the caller's bots."""
    return await services.update_bot(
        work, log, parts, sizes, identity.account_id, bot_id, body, settings.reserved_usernames
    )


@router.delete(
    "/{bot_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(BotNotFound, ReauthenticationRequired),
)
async def delete(
    bot_id: BotId, identity: RecentSignIn, work: Work, container: ContainerDep, messages: Messages = "keep"
) -> None:
    """Deletes one of the caller's bots for good. Its keys end at once; a job erases its account.

    The session must have been opened within the last 10 minutes.
    """
    await services.delete_bot(work, container, identity.account_id, bot_id, messages)


@router.get("/{bot_id}/keys", openapi_extra=refuses(BotNotFound))
async def list_of_bot(
    bot_id: BotId, identity: CurrentIdentity, work: Work, cursor: Cursor = None, limit: Limit = 50
) -> Page[KeyRead]:
    """Lists the API keys of one of the caller's bots, the newest first."""
    await services.get_bot(work, identity.account_id, bot_id)
    return await list_keys(work, bot_id, cursor, limit)


@router.post(
    "/{bot_id}/keys",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=refuses(BotNotFound, ReauthenticationRequired, TooManyKeys),
)
async def create_for_bot(
    bot_id: BotId, body: KeyCreate, identity: RecentSignIn, limits: LimitsDep, work: Work, log: LogDep
) -> KeyCreated:
    """Creates an API key of one of the caller's bots. The key itself is in this answer only.

    The session must have been opened within the last 10 minutes.
    """
    limits.hit(CREATE_KEY, identity.account_id.int)
    await services.get_bot(work, identity.account_id, bot_id)
    return await create_key(work, log, identity.account_id, bot_id, body)


@router.delete(
    "/{bot_id}/keys/{key_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(BotNotFound, KeyNotFound, ReauthenticationRequired),
)
async def revoke_of_bot(
    bot_id: BotId, key_id: KeyId, identity: RecentSignIn, work: Work, log: LogDep, revocations: RevocationsDep
) -> None:
    """Revokes an API key of one of the caller's bots. Its connections are closed within a second.

    The session must have been opened within the last 10 minutes.
    """
    await services.get_bot(work, identity.account_id, bot_id)
    await revoke_key(work, log, revocations, identity.account_id, bot_id, key_id)
