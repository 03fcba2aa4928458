"""The payloads of chat events, on the chat's stream and on the members' own streams."""

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel
from app.modules.chats_module.schemas.member import Role
from app.utils.event_texts import EventText

_CHAT = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"
_ANNA = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"
_BORIS = "b6a1c1d7-52f0-4d0a-9b0e-2f8d3c5b7a91"


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": {"chat_id": _CHAT, **values}})


class _Payload(ResponseModel):
    chat_id: UUID


class MemberPayload(_Payload):
    """A member was added, or the role of a member has changed."""

    model_config = _example(account_id=_BORIS, role="member", actor_id=_ANNA)

    account_id: UUID
    role: Role
    actor_id: UUID


class MemberRemovedPayload(_Payload):
    """A member left or was removed. For this member it is the last event of the stream."""

    model_config = _example(account_id=_BORIS, actor_id=_BORIS, reason="left")

    account_id: UUID
    actor_id: UUID
    reason: Literal["left", "removed"]


class ChatPayload(_Payload):
    """The chat was changed. Omitted fields are unchanged; null means removed.

    With `chat_id` and `actor_id` alone, a field has changed that events do not carry: clients read the chat again.
    """

    model_config = _example(title="Книжный клуб", actor_id=_ANNA)

    title: str | None = Field(None, description="present if it has changed")
    description: str | None = Field(None, description="present if it has changed")
    owner_id: UUID | None = Field(None, description="present if the ownership was transferred")
    actor_id: UUID


class ChatDeletedPayload(_Payload):
    """The chat was deleted. This is the last event of the stream."""

    model_config = _example(actor_id=_ANNA)

    actor_id: UUID


class ChatJoinedPayload(_Payload):
    """The account was added to a chat, by the event `event_seq` of the chat: its own `member.added`.

    A socket that had the chat before, or got its cursor in hello, also sends what happened in between.
    """

    model_config = _example(role="member", event_seq=2)

    role: Role
    event_seq: int = Field(description="sequence number of the account's `member.added` in the chat's stream")


class ChatLeftPayload(_Payload):
    """The account is no longer a member of the chat."""

    model_config = _example(reason="left", event_seq=8)

    reason: Literal["left", "removed", "deleted"]
    event_seq: int = Field(
        description="sequence number of the last event in the chat's stream that the account may read"
    )


class ReadMovedPayload(_Payload):
    """The account's read position in a chat has moved, on any of its devices."""

    model_config = _example(read_seq=7)

    read_seq: int


EVENTS: dict[str, type[ResponseModel]] = {
    "member.added": MemberPayload,
    "member.changed": MemberPayload,
    "member.removed": MemberRemovedPayload,
    "chat.updated": ChatPayload,
    "chat.deleted": ChatDeletedPayload,
    "chat.joined": ChatJoinedPayload,
    "chat.left": ChatLeftPayload,
    "read.moved": ReadMovedPayload,
}

EVENT_TEXTS = (
    EventText(
        "member.changed",
        "chat",
        "the same fields, with the new role",
        "те же поля, с новой ролью",
    ),
    EventText(
        "member.removed",
        "chat",
        "`chat_id`, `account_id`, `actor_id`, `reason`: `left` or `removed`",
        "`chat_id`, `account_id`, `actor_id`, `reason`: `left` или `removed`",
    ),
    EventText(
        "chat.updated",
        "chat",
        "`chat_id`, `actor_id`, and those of `title`, `description`, `owner_id` that have changed; null means removed",
        "`chat_id`, `actor_id` и те из `title`, `description`, `owner_id`, что изменились; null — значение удалено",
    ),
    EventText(
        "chat.joined",
        "account",
        "`chat_id`, `role`, `event_seq` of the account's `member.added`",
        "`chat_id`, `role`, `event_seq` события `member.added` об этом аккаунте",
    ),
    EventText(
        "chat.left",
        "account",
        "`chat_id`, `reason` (`left`, `removed` or `deleted`), `event_seq` of the last event that the account may read",
        "`chat_id`, `reason` (`left`, `removed` или `deleted`), `event_seq` последнего доступного события",
    ),
    EventText(
        "read.moved",
        "account",
        "`chat_id`, `read_seq`: the account has read the chat, perhaps on another device",
        "`chat_id`, `read_seq`: аккаунт прочитал чат, возможно, на другом устройстве",
    ),
)
