from app.modules.attachments_module.db.models.attachment import (
    Attachment,
    AttachmentContent,
    AttachmentPiece,
    AttachmentUsage,
    MessageAttachment,
)

__all__ = ["Attachment", "AttachmentContent", "AttachmentPiece", "AttachmentUsage", "MessageAttachment"]
