"""A sample module that contributes requests, signals and streams to the WebSocket."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.adapters.db.connection import Connection
from app.dependencies.scopes import Scope
from app.modules.base_module.schemas import RequestModel, ResponseModel
from app.modules.sockets_module.extension import (
    Done,
    Joined,
    ReadableStream,
    Signal,
    SocketAction,
    SocketContext,
    StreamSource,
)
from app.modules.streams_module.services.log import Log, event, find_head
from app.services.context import Context
from app.services.errors import Conflict, Forbidden, NotFound
from app.utils.module import Module


class Table:
    """State shared by a test and the sample actions."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.guests: dict[str, list[str]] = {}
        self.boards: dict[UUID, tuple[UUID, int]] = {}
        self.may_end = asyncio.Event()
        self.begun: list[tuple[SocketContext, Done]] = []


table = Table()
"""State of the running test. Each test calls `table.clear()` first."""


class Guests:
    """A permission of the sample module: for the guests of a table."""

    scope: Scope | None = None

    async def check(self, connection: Connection, account_id: UUID, value: Any) -> str:
        assert await connection.fetchval("SELECT 1") == 1
        if str(value) not in table.guests:
            raise NotFound
        if str(account_id) not in table.guests[str(value)]:
            raise Forbidden
        return "a guest"


class RollData(RequestModel):
    chat_id: UUID
    sides: Annotated[int, Field(ge=2)] = 6


class RollReply(ResponseModel):
    """The result of the dice."""

    value: int = Field(examples=[6])
    is_followed: bool = Field(examples=[True])


class ChatData(RequestModel):
    chat_id: UUID


class Cheered(ResponseModel):
    """A guest cheers."""

    chat_id: UUID
    account_id: UUID


class BoardOpened(ResponseModel):
    """A board with a stream of its own."""

    board_id: UUID
    event_seq: int


async def roll(context: SocketContext, data: RollData) -> RollReply:
    """Rolls the dice."""
    return RollReply(value=data.sides, is_followed=context.following(data.chat_id))


async def think(context: SocketContext, data: ChatData) -> None:
    await table.may_end.wait()


async def cheer(context: SocketContext, data: ChatData) -> None:
    assert context.granted == "a guest"
    context.signal("cheered", Cheered(chat_id=data.chat_id, account_id=context.account_id), data.chat_id)


async def whisper(context: SocketContext, data: ChatData) -> None:
    context.signal("whispered", {"chat_id": data.chat_id}, data.chat_id)


async def break_down(context: SocketContext, data: ChatData) -> None:
    RollReply.model_validate({"value": "no number"})


async def wait_for_cancelled(context: SocketContext, data: ChatData) -> None:
    """Waits for what another task has cancelled."""
    answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    answer.cancel()
    await answer


async def refuse(context: SocketContext, data: ChatData) -> None:
    raise Conflict("the table is taken")


def deal(context: SocketContext, data: ChatData, done: Done) -> None:
    table.begun.append((context, done))


def fumble(context: SocketContext, data: ChatData, done: Done) -> None:
    raise Conflict("the cards are on the floor")


async def open_board(context: SocketContext, data: ChatData) -> None:
    """Creates a stream that is not a chat. Its owner reads it from its second event."""
    log = context.container.get(Log)
    async with context.unit_of_work() as work:
        await log.create_stream(work, data.chat_id)
        await log.lock(work, chats=[data.chat_id], accounts=[context.account_id])
        await log.append(work, data.chat_id, event("board.made", {}), event("board.drawn", {"colour": "red"}))
        opened = {"board_id": data.chat_id, "event_seq": 2}
        account_seq = await log.append(work, context.account_id, event("board.opened", opened))
    table.boards[data.chat_id] = (context.account_id, account_seq)


async def list_boards(context: Context, account_id: UUID) -> Sequence[ReadableStream]:
    boards = [(board, seq) for board, (owner, seq) in table.boards.items() if owner == account_id]
    heads = {board: await find_head(context.connection, board) or (1, 0) for board, _ in boards}
    return [ReadableStream(board, *heads[board], joined_seq=2, account_seq=seq) for board, seq in boards]


def find_board(data: Mapping[str, Any]) -> Joined:
    return Joined(UUID(data["board_id"]), data["event_seq"])


MODULE = Module(
    name="games",
    description="Games",
    depends_on=("sockets", "chats"),
    events={"board.opened": BoardOpened},
    contributes=(
        SocketAction("roll", RollData, RollReply, handle=roll, ordered_by="chat_id"),
        SocketAction("think", ChatData, handle=think, ordered_by="chat_id"),
        SocketAction(
            "cheer",
            ChatData,
            handle=cheer,
            ordered_by="chat_id",
            permission=Guests(),
        ),
        SocketAction("whisper", ChatData, handle=whisper),
        SocketAction("break_down", ChatData, handle=break_down),
        SocketAction("wait_for_cancelled", ChatData, handle=wait_for_cancelled),
        SocketAction("refuse", ChatData, handle=refuse),
        SocketAction("deal", ChatData, begin=deal, ordered_by="chat_id"),
        SocketAction("fumble", ChatData, begin=fumble, ordered_by="chat_id"),
        SocketAction("open_board", ChatData, handle=open_board),
        Signal("cheered", Cheered),
        StreamSource("boards", list_boards, joins={"board.opened": find_board}),
    ),
)
