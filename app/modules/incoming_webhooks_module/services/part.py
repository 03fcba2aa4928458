"""The field `via_hook` of messages. It is prepared under the lock of the chat: what has ended posts nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from app.modules.accounts_module.extension import list_absent
from app.modules.accounts_module.services.created_by_keys import without_ended
from app.modules.incoming_webhooks_module import db
from app.modules.incoming_webhooks_module.errors import IncomingWebhookNotFound
from app.modules.incoming_webhooks_module.schemas import ViaHook
from app.modules.messages_module.extension import Kept, MessagePart, PartRequest
from app.services.context import Context
from app.services.errors import Forbidden, ServiceError


class Posting(NamedTuple):
    """What the server gives with a message: the webhook, and the name that the program has chosen."""

    hook_id: UUID
    username: str | None


async def _prepare(context: Context, requests: Sequence[PartRequest]) -> list[Any | ServiceError]:
    absent = await list_absent(context, {request.sender_id for request in requests})
    hooks = [(request.chat_id, request.server_value.hook_id) for request in requests]
    rows = await without_ended(context, await db.list_of_members(context.connection, hooks))
    names = {(row["chat_id"], row["id"]): row["name"] for row in rows}
    return [
        _show(request.server_value, names.get(hook), is_absent=request.sender_id in absent)
        for request, hook in zip(requests, hooks, strict=True)
    ]


def _show(posting: Posting, name: str | None, *, is_absent: bool) -> dict[str, Any] | ServiceError:
    if name is None:
        return IncomingWebhookNotFound()
    if is_absent:
        return Forbidden("The account that has created the webhook is deactivated")
    return {"id": str(posting.hook_id), "name": name, "username": posting.username}


def _without_username(via_hook: Mapping[str, Any]) -> dict[str, Any]:
    """The program has chosen the name `username` for this message, so it is content."""
    return {**via_hook, "username": None}


def _author(via_hook: Mapping[str, Any]) -> str:
    return str(via_hook["username"] or via_hook["name"])


# A deleted message is still no message of the account.
VIA_HOOK = MessagePart(
    "via_hook",
    read=ViaHook | None,
    redacted=Kept(_without_username),
    forbids_edits=True,
    prepare=_prepare,
    author=_author,
)
