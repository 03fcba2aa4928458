"""Sends and history in the usual style: a session per request, ORM objects, `response_model`.

No identity, no idempotency, no events: less work than the messenger does."""

import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import BigInteger, DateTime, ForeignKey, UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.adapters.db.address import DatabaseAddress
from app.modules.base_module.schemas import ResponseModel
from app.modules.messages_module.schemas import MessageCreate

ADDRESS = "BENCH_ORM_DATABASE"


class Base(DeclarativeBase):
    pass


class OrmChat(Base):
    __tablename__ = "chat"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)


class OrmMessage(Base):
    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("chat_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    chat_id: Mapped[UUID] = mapped_column(ForeignKey("chat.id"))
    seq: Mapped[int] = mapped_column(BigInteger)
    client_msg_id: Mapped[UUID | None]
    text: Mapped[str]
    reply_to_seq: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=lambda: datetime.now(UTC))


class OrmMessageRead(ResponseModel):
    id: UUID
    chat_id: UUID
    seq: int
    client_msg_id: UUID | None
    text: str
    reply_to_seq: int | None
    created_at: datetime


async def _connect() -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(**json.loads(os.environ[ADDRESS]))


engine = create_async_engine("postgresql+asyncpg://", async_creator=_connect, pool_size=20, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


async def create_tables(address: DatabaseAddress) -> None:
    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(**address.connect_arguments())

    own = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    async with own.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await own.dispose()


async def open_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]
app = FastAPI()


@app.post("/chats/{chat_id}/messages", status_code=201, response_model=OrmMessageRead)
async def send(chat_id: UUID, body: MessageCreate, session: Session) -> OrmMessage:
    chat = await session.get(OrmChat, chat_id, with_for_update=True)
    if chat is None:
        raise HTTPException(404)
    chat.last_seq += 1
    message = OrmMessage(chat_id=chat_id, seq=chat.last_seq, **body.model_dump())
    session.add(message)
    await session.commit()
    return message


@app.get("/chats/{chat_id}/messages", response_model=list[OrmMessageRead])
async def history(chat_id: UUID, before_seq: int, session: Session, limit: int = 50) -> list[OrmMessage]:
    statement = (
        select(OrmMessage)
        .where(OrmMessage.chat_id == chat_id, OrmMessage.seq < before_seq)
        .order_by(OrmMessage.seq.desc())
        .limit(limit)
    )
    return list((await session.scalars(statement)).all())[::-1]
