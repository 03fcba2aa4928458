from typing import Annotated, Any
from uuid import UUID

from fastapi import Body
from pydantic import AfterValidator, ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import NOT_BLANK, Page, RequestModel, ResponseModel, check_name
from app.utils.event_texts import EventText

_BOT = "3f2b8c1e-5d0a-4c7b-9e61-2a7f4d9c8b30"
_COMMAND: dict[str, Any] = {"name": "weather", "description": "Прогноз на завтра"}
MAX_COMMANDS = 100
"""Maximum number of commands of a bot."""

Name = Annotated[
    str,
    Field(pattern=r"^[a-z0-9_]{1,32}$", description="without the slash", examples=["weather"]),
]
Description = Annotated[
    str,
    Field(min_length=1, max_length=256, examples=["Прогноз на завтра"], json_schema_extra={"pattern": NOT_BLANK}),
    AfterValidator(check_name),
]


class CommandWrite(RequestModel):
    """A command of a bot."""

    model_config = ConfigDict(json_schema_extra={"example": _COMMAND})

    name: Name
    description: Description


CommandsWrite = Annotated[
    list[CommandWrite],
    Body(
        max_length=MAX_COMMANDS,
        description="all commands of the bot, in the order in which clients show them; an empty list removes them",
    ),
]


class CommandRead(ResponseModel):
    """A command of a bot."""

    model_config = ConfigDict(json_schema_extra={"example": _COMMAND})

    name: str
    description: str


class CommandsRead(Page[CommandRead]):
    """All commands of a bot, in the order of its list."""


class ChatCommand(CommandRead):
    """A command of a bot that is a member of the chat."""

    model_config = ConfigDict(json_schema_extra={"example": {**_COMMAND, "account_id": _BOT}})

    account_id: UUID = Field(description="id of the bot, which is an account id")


class ChatCommandsRead(Page[ChatCommand]):
    """Commands of the bots of a chat, those of one bot together."""


@scoped("chats:read")
class CommandsChangedPayload(ResponseModel):
    """The commands of a bot have changed. Clients read them again."""

    model_config = ConfigDict(json_schema_extra={"example": {"bot_id": _BOT}})

    bot_id: UUID


EVENTS: dict[str, type[ResponseModel]] = {"commands.changed": CommandsChangedPayload}
EVENT_TEXTS = (
    EventText(
        "commands.changed",
        "account",
        "`bot_id`, on the streams of the bot and of its owner; clients read the commands again",
        "`bot_id`, в потоках бота и его владельца; клиенты читают команды заново",
    ),
)
