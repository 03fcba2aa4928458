"""The base classes of all tables, and the naming of their constraints."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import DateTime, MetaData, Uuid, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

REPLICATED = "replicated"
"""The key in `Table.info` of a small table that is rarely written: on a Citus cluster each node has all of its rows."""


class Base(DeclarativeBase):
    """The root of all models. Its one MetaData names each constraint after its table and columns."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it once, at the class's making
        datetime: DateTime(timezone=True),
        UUID: Uuid(as_uuid=True),
    }


class Timestamps:
    """The times at which a row was created and last changed. The database's clock sets them by default."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class BaseModel(Timestamps, Base):
    """A table with one uuid as its key. The application sets it, else the database generates it."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(
        primary_key=True, default=uuid4, server_default=text("uuid_generate_v4()"), sort_order=-1
    )


class ChatFamilyModel(Base):
    """A table that belongs to a chat.

    `chat_id` comes first in its key and in each unique index, foreign key and WHERE. So these tables can later be
    distributed over servers by chat without a rewrite.
    """

    __abstract__ = True

    chat_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)
