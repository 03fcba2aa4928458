"""Routes of the caller's own account: reading and changing it, its password, its events."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, status
from starlette.responses import Response

from app.dependencies.dependency_db import Db, Work
from app.dependencies.hot_route import HotRoute
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import ContainerDep, SizesDep
from app.modules.accounts_module.dependencies import (
    AuthSettingsDep,
    CurrentIdentity,
    EventScopesDep,
    FailedSignInsDep,
    PartsDep,
    PasswordsDep,
    RevocationsDep,
)
from app.modules.accounts_module.errors import ReauthenticationRequired, UsernameTaken, WrongPassword
from app.modules.accounts_module.extension import AccountPart
from app.modules.accounts_module.schemas import AccountMe, PasswordChange, account_models
from app.modules.accounts_module.services import accounts, sessions
from app.modules.accounts_module.services.hooks import keep_address
from app.modules.base_module.schemas import refuses
from app.modules.streams_module.dependencies import (
    EVENTS_ANSWERS,
    EventsQuery,
    LogDep,
    LogReaderDep,
    answer_events,
)
from app.modules.streams_module.errors import StreamGap
from app.modules.streams_module.schemas import EventPage
from app.utils.module import Modules

router = APIRouter(prefix="/accounts/me")
hot = APIRouter(prefix="/accounts/me", route_class=HotRoute)


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes whose models have the fields that modules contribute."""
    router = APIRouter(prefix="/accounts/me")
    models = account_models(modules)
    is_guarded = any(part.needs_recent_sign_in for part in modules.contributions(AccountPart))
    guards = [ReauthenticationRequired] if is_guarded else []

    @router.get("", response_model=models.me)
    @scoped("profile:read")
    async def me(identity: CurrentIdentity, work: Work, parts: PartsDep) -> AccountMe:
        """Returns the caller's account."""
        return await accounts.get_me(work, parts, identity.account_id)

    @router.patch("", response_model=models.me, openapi_extra=refuses(UsernameTaken, *guards))
    async def update_me(
        body: models.update,  # type: ignore[name-defined]
        identity: CurrentIdentity,
        work: Work,
        log: LogDep,
        parts: PartsDep,
        sizes: SizesDep,
        settings: AuthSettingsDep,
    ) -> AccountMe:
        """Changes the given fields of the caller's account."""
        check = sessions.check_recent if parts.need_recent_sign_in(body.model_fields_set) else sessions.check_open
        await check(work, log, identity)
        return await accounts.update_me(work, log, parts, sizes, identity.account_id, body, settings.reserved_usernames)

    return router


@router.post("/password", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(WrongPassword))
async def change_password(
    body: PasswordChange,
    identity: CurrentIdentity,
    work: Work,
    database: Db,
    log: LogDep,
    passwords: PasswordsDep,
    failed_sign_ins: FailedSignInsDep,
    revocations: RevocationsDep,
    container: ContainerDep,
) -> None:
    """Changes the password and ends all other sessions."""
    changed = await accounts.change_password(
        work,
        database,
        log,
        passwords,
        failed_sign_ins,
        identity.account_id,
        current=body.current_password,
        new=body.new_password,
    )
    if not changed:
        raise WrongPassword
    # Else a session that has ended could still take the account over, also by a password that was replaced meanwhile.
    await sessions.check_open(work, log, identity)
    await sessions.end_sessions(work, revocations, identity.account_id, keep=identity.session_id)
    await keep_address(work, container, identity.account_id)


@hot.get("/events", response_model=EventPage, responses=EVENTS_ANSWERS, openapi_extra=refuses(StreamGap))
@scoped("messages:read")
async def my_events(
    identity: CurrentIdentity,
    event_scopes: EventScopesDep,
    revocations: RevocationsDep,
    log_reader: LogReaderDep,
    query: Annotated[EventsQuery, Depends()],
) -> Response:
    """Returns events of the caller's account stream after a cursor.

    The answer is a page, a long poll with `wait`, or server-sent events.
    """
    reader = event_scopes.reader_of(identity)
    return await answer_events(
        log_reader, reader, query, partial(revocations.open_sessions.watching, identity.session_id)
    )
