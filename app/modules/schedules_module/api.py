from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response, status

from app.dependencies.dependency_db import Db, Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep, ModulesDep, service
from app.modules.base_module.schemas import Cursor, Limit, refuses
from app.modules.chats_module.dependencies import ChatMembership
from app.modules.chats_module.errors import ChatNotFound, NotAllowedInChat
from app.modules.jobs_module.dependencies import JobsDep
from app.modules.messages_module.dependencies import PartsDep, refused_by_parts, replay_of
from app.modules.messages_module.errors import IdempotencyMismatch
from app.modules.schedules_module.errors import (
    AlreadySent,
    ScheduledMessageIsSending,
    ScheduledMessageNotFound,
    TooManyScheduledMessages,
)
from app.modules.schedules_module.schemas import schedule_models
from app.modules.schedules_module.services import scheduling
from app.modules.schedules_module.services.scheduling import Scheduling
from app.modules.schedules_module.settings import SCHEDULE, ScheduleSettings
from app.modules.streams_module.dependencies import LogDep
from app.resources.constants import DEFAULT_PAGE, MAX_MESSAGE_BYTES
from app.utils.body_limit import body_limit
from app.utils.module import Modules

ScheduledId = Annotated[
    UUID, Path(description="id of the scheduled message", examples=["b7f4d2a0-3a51-4c1e-9d43-7a2f6c0e5b18"])
]


async def _scheduling(
    log: LogDep,
    parts: PartsDep,
    jobs: JobsDep,
    modules: ModulesDep,
    settings: Annotated[ScheduleSettings, service(ScheduleSettings)],
) -> Scheduling:
    return Scheduling(log, jobs, parts, schedule_models(modules), settings)


Use = Annotated[Scheduling, Depends(_scheduling)]


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/chats/{chat_id}/scheduled")
    models = schedule_models(modules)
    refused = refused_by_parts(modules)

    @router.post(
        "",
        status_code=status.HTTP_201_CREATED,
        response_model=models.read,
        responses=replay_of(models.read, "scheduled"),
        openapi_extra=refuses(
            ChatNotFound, NotAllowedInChat, IdempotencyMismatch, AlreadySent, TooManyScheduledMessages, *refused
        ),
    )
    @body_limit(MAX_MESSAGE_BYTES)
    @scoped("messages:write")
    async def create(
        body: models.create,  # type: ignore[name-defined]
        member: ChatMembership,
        work: Work,
        use: Use,
        limits: LimitsDep,
        response: Response,
    ) -> Any:
        """Schedules a message. At `send_at` it is sent as by its author, if the author may still post then."""
        limits.hit(SCHEDULE, member.account_id.int)
        scheduled, is_replay = await scheduling.create(work, use, member.chat_id, member.account_id, body)
        if is_replay:
            response.status_code = status.HTTP_200_OK
            response.headers["Idempotent-Replayed"] = "true"
        return scheduled

    @router.get("", response_model=models.page, openapi_extra=refuses(ChatNotFound))
    @scoped("messages:read")
    async def list_of_chat(
        member: ChatMembership, database: Db, cursor: Cursor = None, limit: Limit = DEFAULT_PAGE
    ) -> Any:
        """Returns the caller's scheduled messages in a chat, the earliest first. No other member sees them."""
        async with database.connection() as connection:
            return await scheduling.list_page(connection, models, member.chat_id, member.account_id, cursor, limit)

    @router.patch(
        "/{scheduled_id}",
        response_model=models.read,
        openapi_extra=refuses(
            ChatNotFound, NotAllowedInChat, ScheduledMessageNotFound, ScheduledMessageIsSending, AlreadySent, *refused
        ),
    )
    @body_limit(MAX_MESSAGE_BYTES)
    @scoped("messages:write")
    async def change(
        scheduled_id: ScheduledId,
        body: models.update,  # type: ignore[name-defined]
        member: ChatMembership,
        work: Work,
        use: Use,
        limits: LimitsDep,
    ) -> Any:
        """Changes one of the caller's scheduled messages that is not being sent."""
        limits.hit(SCHEDULE, member.account_id.int)
        return await scheduling.edit(work, use, member.chat_id, member.account_id, scheduled_id, body)

    @router.delete(
        "/{scheduled_id}",
        status_code=status.HTTP_204_NO_CONTENT,
        openapi_extra=refuses(ChatNotFound, ScheduledMessageNotFound, ScheduledMessageIsSending),
    )
    @scoped("messages:write")
    async def cancel(scheduled_id: ScheduledId, member: ChatMembership, work: Work, use: Use) -> None:
        """Cancels one of the caller's scheduled messages that is not being sent."""
        await scheduling.cancel(work, use, member.chat_id, member.account_id, scheduled_id)

    return router
