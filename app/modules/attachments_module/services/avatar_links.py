"""Addresses of avatars: signed, bound to the avatar and its viewer. They do not expire."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from app.adapters.db.database import Database
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.signing import Signer
from app.modules.attachments_module.db.cruds import avatars as crud
from app.modules.attachments_module.errors import FileNotFound


class Avatar(NamedTuple):
    """The file that an account or a chat has as its avatar."""

    of_chat: bool
    owner_id: UUID
    attachment_id: UUID


class AvatarLinks:
    """Makes addresses, reads them, and checks who may open them."""

    def __init__(self, signer: Signer, database: Database, revocations: Revocations, base: str) -> None:
        self._signer = signer
        self._revocations = revocations
        self._database = database
        self._base = base

    async def make(self, avatar: Avatar, viewer: UUID) -> str:
        body = bytes([avatar.of_chat]) + avatar.owner_id.bytes + avatar.attachment_id.bytes + viewer.bytes
        return f"{self._base}/avatars/{await self._signer.sign(body)}"

    async def read(self, token: str) -> tuple[Avatar, UUID]:
        """Returns the avatar and the viewer of an address. Raises FileNotFound for a token that is not ours."""
        body = await self._signer.read(token)
        if body is None:
            raise FileNotFound
        owner_id, attachment_id, viewer = (UUID(bytes=body[place : place + 16]) for place in (1, 17, 33))
        return Avatar(bool(body[0]), owner_id, attachment_id), viewer

    async def check(self, avatar: Avatar, viewer: UUID) -> None:
        """Raises FileNotFound for an avatar that was replaced or may not be seen, and while the viewer is signed out
        everywhere.
        """
        async with self._database.connection() as connection:
            is_shown = await crud.is_shown(connection, *avatar, viewer)
            if not is_shown or not await self._revocations.is_signed_in(connection, viewer, datetime.now(UTC)):
                raise FileNotFound
