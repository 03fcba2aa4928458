from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from app.dependencies.dependency_db import Db
from app.dependencies.scopes import scoped
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.attachments_module.api.routes.uploads import AttachmentId
from app.modules.attachments_module.dependencies import (
    FILE_ANSWERS,
    FILE_CONDITIONS,
    FILE_ERRORS,
    Asked,
    DownloadsDep,
    LinksDep,
    answer,
)
from app.modules.attachments_module.errors import AttachmentNotFound
from app.modules.attachments_module.schemas import AttachmentRead, ChatAttachment, Kind, UrlsCreate, UrlsRead
from app.modules.attachments_module.services import reading
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound
from app.resources.constants import DEFAULT_PAGE
from app.utils.secret_path import secret_path

Token = Annotated[str, Path(max_length=200, description="a signed address", examples=["AbCdEf0123456789"])]

router, root_router = APIRouter(), APIRouter()


@router.post("/attachments/urls", response_model=UrlsRead)
@scoped("messages:read")
async def urls(body: UrlsCreate, identity: CurrentIdentity, database: Db, links: LinksDep) -> dict[str, Any]:
    """Returns the addresses of several files, such as those of a page of history."""
    return {"items": await reading.list_attachments(database, links, identity, body.ids)}


@router.get("/attachments/{attachment_id}", response_model=AttachmentRead, openapi_extra=refuses(AttachmentNotFound))
@scoped("messages:read")
async def read(attachment_id: AttachmentId, identity: CurrentIdentity, database: Db, links: LinksDep) -> dict[str, Any]:
    """Returns a file with its addresses. Requires its owner, or, if it is in a message, a member of the chat."""
    return await reading.read_attachment(database, links, identity, attachment_id)


@router.get("/chats/{chat_id}/attachments", response_model=Page[ChatAttachment], openapi_extra=refuses(ChatNotFound))
@scoped("messages:read")
async def list_of_chat(
    member: ChatMembership,
    identity: CurrentIdentity,
    database: Db,
    links: LinksDep,
    kind: Annotated[Kind | None, Query(description="only files of this kind")] = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_PAGE,
) -> dict[str, Any]:
    """Returns the files of a chat, those of the newest messages first."""
    return await reading.list_of_chat(database, links, identity, member.chat_id, cursor, kind, limit)


@root_router.get(
    "/files/{token}",
    response_class=Response,
    responses=FILE_ANSWERS,
    openapi_extra={**refuses(*FILE_ERRORS), **FILE_CONDITIONS},
)
@secret_path
async def download(token: Token, asked: Asked, downloads: DownloadsDep) -> Response:
    """Returns the bytes of a file. The address comes from `GET /attachments/{id}` and needs no token.

    Supports `Range` with a single range, `If-Range`, `If-Match` and `If-None-Match`.
    """
    return answer(await downloads.open(token, asked.conditions, is_head=asked.is_head))
