from typing import Annotated

from fastapi import APIRouter, Path, status
from starlette.responses import Response

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.attachments_module.dependencies import (
    FILE_ANSWERS,
    FILE_CONDITIONS,
    FILE_ERRORS,
    Asked,
    AvatarLinksDep,
    DownloadsDep,
    answer,
)
from app.modules.attachments_module.errors import AttachmentNotFound, AttachmentNotReady, AttachmentTaken
from app.modules.attachments_module.schemas import AvatarRead, AvatarUpdate
from app.modules.attachments_module.services import avatars
from app.modules.attachments_module.services.avatar_links import Avatar
from app.modules.attachments_module.settings import CHANGE_AVATAR, DOWNLOAD
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.dependencies import ChatChanger
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.jobs_module.dependencies import JobsDep
from app.modules.streams_module.dependencies import LogDep
from app.utils.secret_path import secret_path

Token = Annotated[str, Path(max_length=200, description="a signed address", examples=["AbCdEf0123456789"])]
_FILE_REFUSED = (AttachmentNotFound, AttachmentNotReady, AttachmentTaken)
_SHOWN = "small"
_FILENAME = "avatar.webp"
"""Of every avatar: the name of its upload is for the one who uploaded it."""
_MAX_AGE = 86_400
"""Seconds for which browsers keep an avatar. Another avatar has another address."""

router, root_router = APIRouter(), APIRouter()


@router.put("/accounts/me/avatar", response_model=AvatarRead, openapi_extra=refuses(*_FILE_REFUSED))
async def set_own_avatar(
    body: AvatarUpdate,
    identity: CurrentIdentity,
    work: Work,
    log: LogDep,
    jobs: JobsDep,
    links: AvatarLinksDep,
    limits: LimitsDep,
) -> AvatarRead:
    """Sets the caller's avatar. The file of the previous one is deleted."""
    limits.hit(CHANGE_AVATAR, identity.account_id.int)
    await avatars.set_own(work, log, jobs, identity.account_id, body.attachment_id)
    avatar = Avatar(False, identity.account_id, body.attachment_id)
    return AvatarRead(id=body.attachment_id, url=await links.make(avatar, identity.account_id))


@router.delete("/accounts/me/avatar", status_code=status.HTTP_204_NO_CONTENT)
async def remove_own_avatar(
    identity: CurrentIdentity, work: Work, log: LogDep, jobs: JobsDep, limits: LimitsDep
) -> None:
    """Removes the caller's avatar and deletes its file."""
    limits.hit(CHANGE_AVATAR, identity.account_id.int)
    await avatars.remove_own(work, log, jobs, identity.account_id)


@router.put(
    "/chats/{chat_id}/avatar",
    response_model=AvatarRead,
    openapi_extra=refuses(ChatNotFound, NotAllowedInChat, *_FILE_REFUSED),
)
async def set_chat_avatar(
    body: AvatarUpdate,
    changer: ChatChanger,
    work: Work,
    log: LogDep,
    jobs: JobsDep,
    links: AvatarLinksDep,
    limits: LimitsDep,
) -> AvatarRead:
    """Sets the avatar of a chat to a file of the caller. Requires the owner or an admin."""
    limits.hit(CHANGE_AVATAR, changer.account_id.int)
    await avatars.set_of_chat(work, log, jobs, changer.chat_id, changer.account_id, body.attachment_id)
    avatar = Avatar(True, changer.chat_id, body.attachment_id)
    return AvatarRead(id=body.attachment_id, url=await links.make(avatar, changer.account_id))


@router.delete(
    "/chats/{chat_id}/avatar",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(ChatNotFound, NotAllowedInChat),
)
async def remove_chat_avatar(changer: ChatChanger, work: Work, log: LogDep, jobs: JobsDep, limits: LimitsDep) -> None:
    """Removes the avatar of a chat and deletes its file. Requires the owner or an admin."""
    limits.hit(CHANGE_AVATAR, changer.account_id.int)
    await avatars.remove_of_chat(work, log, jobs, changer.chat_id, changer.account_id)


@root_router.get(
    "/avatars/{token}",
    response_class=Response,
    responses=FILE_ANSWERS,
    openapi_extra={**refuses(*FILE_ERRORS), **FILE_CONDITIONS},
)
@secret_path
async def show_avatar(
    token: Token, asked: Asked, links: AvatarLinksDep, downloads: DownloadsDep, limits: LimitsDep
) -> Response:
    """Returns the image of an avatar. The address comes with the account or the chat, and needs no token.

    It is answered 404 when the avatar has changed, to an account that may not see it any more, and while that account
    is signed out everywhere.
    """
    avatar, viewer = await links.read(token)
    limits.hit(DOWNLOAD, viewer.int)
    await links.check(avatar, viewer)
    download = await downloads.open_kept(
        avatar.attachment_id,
        _SHOWN,
        asked.conditions,
        filename=_FILENAME,
        is_head=asked.is_head,
        max_age=_MAX_AGE,
    )
    return answer(download)
