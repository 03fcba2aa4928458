from app.modules.attachments_module.schemas.attachment import (
    EVENT_TEXTS,
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

__all__ = [
    "EVENTS",
    "EVENT_TEXTS",
    "AttachmentIds",
    "AttachmentInMessage",
    "AttachmentRead",
    "AttachmentUrls",
    "ChatAttachment",
    "Kind",
    "Preview",
    "UrlsCreate",
    "UrlsRead",
]
