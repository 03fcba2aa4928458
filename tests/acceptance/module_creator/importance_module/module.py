"""The whole module in one file, beside its migration. It is copied to app/modules, where no other file knows it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, Field
from pydantic_settings import SettingsConfigDict
from sqlalchemy.orm import Mapped, mapped_column

from app.adapters.db.base import Base
from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.messages_module.extension import MessagePart
from app.modules.sockets_module.extension import SocketAction, SocketContext
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.settings import SettingsGroup
from app.utils.module import Module

Importance = Literal["low", "normal", "high"]


class ImportanceSettings(SettingsGroup):
    """The settings `IMPORTANCE_*`."""

    model_config = SettingsConfigDict(env_prefix="IMPORTANCE_")
    russian: ClassVar[Mapping[str, str]] = {"greeting": "ответ на importance_ping"}

    greeting: str = Field("pong", description="the reply to importance_ping")


class ImportanceNote(Base):
    """A `message.created` event that was handled. No constraint prevents a second row: only the subscriber does."""

    __tablename__ = "importance_note"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    stream_id: Mapped[UUID]
    seq: Mapped[int]
    importance: Mapped[str]
    is_counted: Mapped[bool] = mapped_column(default=False, server_default="false")


class Note(BaseModel):
    note_id: UUID


async def count(context: JobContext, payload: Note) -> None:
    async with context.unit_of_work() as work:
        note = await work.session.get_one(ImportanceNote, payload.note_id)
        note.is_counted = True


COUNT = Job("importance.count", Note, count)


async def note_created(context: SubscriberContext, events: Sequence[Event]) -> None:
    for event in events:
        importance = event.data.get("importance") or "normal"
        note = ImportanceNote(id=uuid4(), stream_id=event.stream_id, seq=event.seq, importance=importance)
        context.work.session.add(note)
        await context.work.session.flush()
        await context.container.get(Jobs).enqueue(context.work, COUNT, Note(note_id=note.id), key=str(note.id))


class ImportancePing(BaseModel):
    text: str = ""


class ImportancePong(BaseModel):
    greeting: str
    text: str


async def ping(context: SocketContext, data: ImportancePing) -> ImportancePong:
    """Answers with the greeting of the settings."""
    return ImportancePong(greeting=context.container.get(ImportanceSettings).greeting, text=data.text)


module = Module(
    name="importance",
    description="How important a message is",
    depends_on=("base", "messages", "streams", "jobs"),
    models=(ImportanceNote,),
    settings=ImportanceSettings,
    contributes=(
        MessagePart("importance", Importance | None, Importance, Importance, empty="normal", redacted=None),
        Subscriber("importance", ("message.created",), note_created, start="first"),
        COUNT,
        SocketAction("importance_ping", ImportancePing, ImportancePong, handle=ping),
    ),
)
