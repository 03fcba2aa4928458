from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base, ChatFamilyModel


class Attachment(Base):
    """A file of an account, from the first byte of its upload to the deletion of its bytes.

    - `state`: `uploading`, `processing`, `ready`, `refused`; inside the server also `expired` (an upload whose bytes
      are being deleted), `gone` (one whose bytes are deleted) and `deleted`.
    - `content_type` is what the client says until the file is looked at; `metadata` is what a tus client gave.
    - `reserved`: bytes that count for a quota (`AttachmentUsage`).
    - `sha256`: the content. From the moment it is set, the content is not deleted.
    - `chat_id`, `seq`: the message that carries it.
    - `expires_at`: when it is collected. None while it is in use: a message carries it, or it is an avatar.
    """

    __tablename__ = "attachment"

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)
    owner_id: Mapped[UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    metadata_: Mapped[str] = mapped_column("metadata", Text)
    length: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    reserved: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(Text, index=True)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    blurhash: Mapped[str | None] = mapped_column(Text)
    previews: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(Text)
    chat_id: Mapped[UUID | None]
    seq: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class AttachmentPiece(Base):
    """A part of an upload: the object `uploads/<attachment>/<offset>-<name>`. They follow each other without gaps."""

    __tablename__ = "attachment_piece"

    attachment_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, sort_order=-1)
    size: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)


class AttachmentContent(Base):
    """The object `files/<sha256>` and its previews, which all attachments with this content share.

    `check_at`: when the collector looks whether an attachment has it. `is_deleting`: its objects are being deleted, by
    one collector until `check_at`, and no attachment may take it until the row is gone.
    """

    __tablename__ = "attachment_content"

    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    is_deleting: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false")
    check_at: Mapped[datetime | None]


class AttachmentUsage(Base):
    """What the attachments of an account use: the sum of their `reserved`.

    `payer_id`: another account for whose quota this counts, also when the account itself is erased. None: its own.
    """

    __tablename__ = "attachment_usage"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    payer_id: Mapped[UUID | None]


class MessageAttachment(ChatFamilyModel):
    """An attachment of a message, at its position. `kind`: image, video, audio or file.

    The image of its link preview is at position -1, of the kind `preview`.
    """

    __tablename__ = "message_attachment"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    attachment_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)


# A chat with any number of images may have few other files.
Index("ix_message_attachment_kind", MessageAttachment.chat_id, MessageAttachment.kind, MessageAttachment.seq)
Index("ix_attachment_usage_payer_id", AttachmentUsage.payer_id, postgresql_where=AttachmentUsage.payer_id.is_not(None))
Index("ix_attachment_expires_at", Attachment.expires_at, postgresql_where=Attachment.expires_at.is_not(None))
Index(
    "ix_attachment_content_check_at",
    AttachmentContent.check_at,
    postgresql_where=AttachmentContent.check_at.is_not(None),
)
