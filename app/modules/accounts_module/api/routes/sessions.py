"""Routes of the caller's sessions: listing and ending them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from app.dependencies.dependency_db import Work
from app.modules.accounts_module.dependencies import CurrentIdentity, RevocationsDep
from app.modules.accounts_module.errors import SessionNotFound
from app.modules.accounts_module.schemas import SessionRead
from app.modules.accounts_module.services import sessions
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses

router = APIRouter(prefix="/accounts/sessions")

SessionId = Annotated[
    UUID,
    Path(description="id of the session, from the list of sessions", examples=["4b7d2c1e-9a3f-4e0b-8c5d-6f7a8b9c0d1e"]),
]


@router.get("")
async def list_sessions(
    identity: CurrentIdentity, work: Work, cursor: Cursor = None, limit: Limit = 50
) -> Page[SessionRead]:
    """Lists the caller's sessions, the newest first."""
    return await sessions.list_sessions(work, identity, cursor, limit)


@router.delete("/{session_id}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(SessionNotFound))
async def end_session(
    session_id: SessionId, identity: CurrentIdentity, work: Work, revocations: RevocationsDep
) -> None:
    """Ends a session and closes its live connections."""
    await sessions.end_session(work, revocations, identity.account_id, session_id)
