from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response, status
from fastapi.responses import PlainTextResponse

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import refuses
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.chats_module.extension import may
from app.modules.chats_module.services.access import Membership
from app.modules.incoming_webhooks_module.api.answers import ANSWERS, OPERATION, STATUSES
from app.modules.incoming_webhooks_module.errors import IncomingWebhookNotFound, TooManyIncomingWebhooks
from app.modules.incoming_webhooks_module.schemas import (
    TOKEN_EXAMPLE,
    HookId,
    IncomingWebhookCreate,
    IncomingWebhookCreated,
    IncomingWebhookRead,
    IncomingWebhooksRead,
    IncomingWebhookUpdate,
)
from app.modules.incoming_webhooks_module.services import hooks, posting
from app.modules.incoming_webhooks_module.services.words import Refusal, Word, word_of
from app.modules.incoming_webhooks_module.settings import CHANGE_HOOKS
from app.modules.messages_module.dependencies import MessagesDep
from app.modules.messages_module.schemas.models import message_models
from app.modules.streams_module.dependencies import LogDep
from app.modules.streams_module.services.log import now
from app.services.context import Context
from app.services.errors import ServiceError
from app.utils.module import Modules
from app.utils.secret_path import secret_path

MAX_PAYLOAD = 65_536
"""The largest body of a post, in bytes."""

Manager = Annotated[Membership, may(hooks.MANAGE)]
Token = Annotated[str, Path(description="the secret of the address", examples=[TOKEN_EXAMPLE])]
_CHAT = "/chats/{chat_id}/incoming-webhooks"


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter()
    create_message = message_models(modules).create

    @router.post(
        _CHAT,
        status_code=status.HTTP_201_CREATED,
        openapi_extra=refuses(ChatNotFound, NotAllowedInChat, TooManyIncomingWebhooks),
    )
    async def create(
        member: Manager,
        identity: CurrentIdentity,
        work: Work,
        container: ContainerDep,
        limits: LimitsDep,
        body: IncomingWebhookCreate | None = None,
    ) -> IncomingWebhookCreated:
        """Creates an incoming webhook. Requires an admin, in a direct chat one of its members.

        The address is in this answer only. The caller is the sender of what is posted there, so an API key also needs
        the scope of sending messages. The webhook ends with the key.
        """
        limits.hit(CHANGE_HOOKS, identity.account_id.int)
        return await hooks.create(work, container, identity, member.chat_id, (body or IncomingWebhookCreate()).name)

    @router.get(_CHAT, openapi_extra=refuses(ChatNotFound, NotAllowedInChat))
    async def list_of_chat(member: Manager, database: Db, container: ContainerDep) -> IncomingWebhooksRead:
        """Lists all incoming webhooks of a chat, the newest first, without their addresses."""
        async with database.connection() as connection:
            items = await hooks.list_of_chat(Context(connection, container, now()), member.chat_id)
        return IncomingWebhooksRead(items=items, next_cursor=None)

    @router.patch(
        f"{_CHAT}/{{hook_id}}", openapi_extra=refuses(ChatNotFound, NotAllowedInChat, IncomingWebhookNotFound)
    )
    async def change(
        hook_id: HookId,
        body: IncomingWebhookUpdate,
        member: Manager,
        work: Work,
        container: ContainerDep,
        limits: LimitsDep,
    ) -> IncomingWebhookRead:
        """Renames an incoming webhook, also one that another member has created."""
        limits.hit(CHANGE_HOOKS, member.account_id.int)
        return await hooks.rename(work, container, member.chat_id, member.account_id, hook_id, body.name)

    @router.delete(
        f"{_CHAT}/{{hook_id}}",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, NotAllowedInChat, IncomingWebhookNotFound),
    )
    async def delete(hook_id: HookId, member: Manager, work: Work, log: LogDep, limits: LimitsDep) -> None:
        """Deletes an incoming webhook, also one that another member has created. Its messages stay."""
        limits.hit(CHANGE_HOOKS, member.account_id.int)
        await hooks.delete(work, log, member.chat_id, member.account_id, hook_id)

    @router.post("/hooks/{token}", response_class=PlainTextResponse, responses=ANSWERS, openapi_extra=OPERATION)
    @secret_path
    async def post(
        token: Token,
        request: Request,
        database: Db,
        limits: LimitsDep,
        messages: MessagesDep,
        idempotency_key: Annotated[
            str, Header(description="the same for each attempt to post the same message, which is then stored once")
        ] = "",
    ) -> Response:
        """Posts a message, written as for Slack's incoming webhooks. The address is the only secret that it needs.

        The body is Slack's payload as JSON, or a form with the field `payload`. The answer is the text `ok`, or a word
        of Slack.
        """
        try:
            hook = await posting.find_hook(database, token)
            posting.count_post(limits, hook)
            client_msg_id = posting.id_of_key(hook, idempotency_key)
            if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
                raise Refusal(Word.UNSUPPORTED_MEDIA_TYPE)
            body = await _read(request.stream())
            content_type = request.headers.get("content-type", "")
            await posting.post(messages, create_message, hook, body, content_type, client_msg_id)
        except Refusal as refusal:
            return _refuse(refusal.word)
        except ServiceError as error:
            return _refuse(word_of(error), error.retry_after)
        return PlainTextResponse("ok")

    return router


async def _read(stream: AsyncIterator[bytes]) -> bytes:
    """Returns the whole body. Raises Refusal if it is too large."""
    body = bytearray()
    async for part in stream:
        body += part
        if len(body) > MAX_PAYLOAD:
            raise Refusal(Word.PAYLOAD_TOO_LARGE)
    return bytes(body)


def _refuse(word: Word, retry_after: int | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return PlainTextResponse(word, STATUSES[word], headers)
