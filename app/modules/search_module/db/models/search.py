from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base


class _Indexed:
    """A message as it is found. `sent_at` is its `created_at`, which never changes, and comes before `seq` so that the
    newest messages of a chat are a range of the key. `revision` is the number of the event whose content is indexed.
    """

    chat_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-3)
    sent_at: Mapped[datetime] = mapped_column(primary_key=True, sort_order=-2)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, sort_order=-1)
    revision: Mapped[int] = mapped_column(BigInteger)
    tsv: Mapped[str] = mapped_column(TSVECTOR)


class SearchMessage(_Indexed, Base):
    """The index that searches read."""

    __tablename__ = "search_message"


class SearchMessageNext(_Indexed, Base):
    """The index that is built beside it; they are swapped by their names when it is complete. Empty at other times."""

    __tablename__ = "search_message_next"


_PENDING = {"fastupdate": "on", "gin_pending_list_limit": "512"}
"""Entries of many messages are merged into the index at once: a third of the processor time, and of the WAL."""
for _model in (SearchMessage, SearchMessageNext):
    # The chats are found by the key: the two are combined. Each search reads the list of pending entries: it is short.
    Index(f"ix_{_model.__tablename__}_tsv", _model.tsv, postgresql_using="gin", postgresql_with=_PENDING)


class SearchBuild(Base):
    """How far the next index is built, in one row.

    `state` is `ready` or `building`; while it is building, the chats up to `chat_id` are in it, the last one up to
    `seq`. `is_first`: there is nothing to search meanwhile. `form` is that of the lexemes in the index that is being
    built, or else in the one that searches read. Processes whose code makes other lexemes write to neither.
    """

    __tablename__ = "search_build"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    is_first: Mapped[bool]
    form: Mapped[str] = mapped_column(Text)
    chat_id: Mapped[UUID | None]
    seq: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
