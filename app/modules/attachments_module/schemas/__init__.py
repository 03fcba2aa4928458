from app.modules.attachments_module.schemas.attachment import (
    EVENTS,
    AttachmentIds,
    AttachmentInMessage,
    AttachmentRead,
    AttachmentUrls,
    ChatAttachment,
    Kind,
    Preview,
    UrlsCreate,
    UrlsRead,
)
from app.modules.attachments_module.schemas.avatar import AvatarRead, AvatarUpdate

__all__ = [
    "EVENTS",
    "AttachmentIds",
    "AttachmentInMessage",
    "AttachmentRead",
    "AttachmentUrls",
    "AvatarRead",
    "AvatarUpdate",
    "ChatAttachment",
    "Kind",
    "Preview",
    "UrlsCreate",
    "UrlsRead",
]
