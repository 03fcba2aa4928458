from app.modules.attachments_module.db.models.attachment import (
    Attachment,
    AttachmentContent,
    AttachmentPiece,
    AttachmentUsage,
    MessageAttachment,
)
from app.modules.attachments_module.db.models.avatar import AccountAvatar, ChatAvatar

__all__ = [
    "AccountAvatar",
    "Attachment",
    "AttachmentContent",
    "AttachmentPiece",
    "AttachmentUsage",
    "ChatAvatar",
    "MessageAttachment",
]
