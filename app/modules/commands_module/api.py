from hashlib import blake2b
from typing import Annotated

from fastapi import APIRouter, Header, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import ContainerDep, LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Limit, answer_headers, refuses
from app.modules.bots_module.errors import BotNotFound
from app.modules.bots_module.schemas import BotId
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.modules.commands_module import services
from app.modules.commands_module.schemas import ChatCommandsRead, CommandsRead, CommandsWrite
from app.modules.commands_module.settings import LIST_COMMANDS, SET_COMMANDS
from app.modules.streams_module.dependencies import LogDep
from app.resources.constants import MAX_PAGE
from app.utils.etags import names_etag

router = APIRouter()
_HEADERS = answer_headers(("ETag", "for `If-None-Match`"))


@router.put("/bots/{bot_id}/commands", openapi_extra=refuses(BotNotFound))
@scoped("chats:write")
async def change(
    bot_id: BotId, body: CommandsWrite, identity: CurrentIdentity, work: Work, log: LogDep, limits: LimitsDep
) -> CommandsRead:
    """Replaces all commands of a bot. Requires its owner, or the bot itself."""
    limits.hit(SET_COMMANDS, identity.account_id.int)
    return await services.set_commands(work, log, identity.account_id, bot_id, body)


@router.get("/bots/{bot_id}/commands", openapi_extra=refuses(BotNotFound))
@scoped("chats:read")
async def read(bot_id: BotId, identity: CurrentIdentity, database: Db) -> CommandsRead:
    """Returns all commands of a bot. Requires its owner, or the bot itself."""
    async with database.connection() as connection:
        return await services.list_of_bot(connection, identity.account_id, bot_id)


@router.get(
    "/chats/{chat_id}/commands",
    response_model=ChatCommandsRead,
    responses={
        200: {"headers": _HEADERS},
        304: {"description": "The page has not changed since the given ETag", "headers": _HEADERS},
    },
    openapi_extra=refuses(ChatNotFound),
)
@scoped("chats:read")
async def list_of_chat(
    member: ChatMembership,
    database: Db,
    container: ContainerDep,
    limits: LimitsDep,
    cursor: Cursor = None,
    limit: Limit = MAX_PAGE,
    if_none_match: Annotated[str | None, Header(description="the ETag that the client has")] = None,
) -> Response:
    """Returns the commands of the bots that are members of a chat, those of one bot together, in the bot's order."""
    limits.hit(LIST_COMMANDS, member.account_id.int)
    async with database.connection() as connection:
        page = await services.list_of_chat(connection, container, member, cursor, limit)
    body = page.model_dump_json().encode()
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if names_etag(if_none_match or "", etag, is_weak=True):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
