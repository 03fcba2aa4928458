"""Addresses of files: signed, bound to an attachment, a variant, an account and its session."""

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time
from typing import Any, NamedTuple
from uuid import UUID

from app.modules.accounts_module.extension import Identity
from app.modules.accounts_module.services.signing import Signer
from app.modules.attachments_module.services.views import previews_of

_WINDOW = 300
"""Seconds in which the address of a file is the same. It is valid to the end of the next window: 5 to 10 minutes."""
_VARIANTS = ("original", "small", "large")


class Link(NamedTuple):
    """What an address opens, and for whom."""

    attachment_id: UUID
    account_id: UUID
    session_id: UUID
    variant: str


class Links:
    """Makes and reads addresses."""

    def __init__(self, signer: Signer, base: str) -> None:
        self._signer = signer
        self._base = base

    async def make(self, identity: Identity, row: Any) -> Mapping[str, Any]:
        """Returns `url`, `url_expires_at` and `previews` of an attachment: null until it is ready."""
        if row["state"] != "ready":
            return {"url": None, "url_expires_at": None, "previews": []}
        expires_at = (int(time()) // _WINDOW + 2) * _WINDOW

        async def address(variant: str) -> str:
            link = Link(row["id"], identity.account_id, identity.session_id, variant)
            return f"{self._base}/files/{await self._write(link, expires_at)}"

        previews = [
            {"name": one["name"], "width": one["width"], "height": one["height"], "url": await address(one["name"])}
            for one in previews_of(row)
        ]
        moment = datetime.fromtimestamp(expires_at, UTC)
        return {"url": await address("original"), "url_expires_at": moment, "previews": previews}

    async def read(self, token: str) -> Link | None:
        """Returns None for a token that is not ours or has expired."""
        body = await self._signer.read(token)
        if body is None or int.from_bytes(body[49:], "big") <= time():
            return None
        return Link(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), UUID(bytes=body[32:48]), _VARIANTS[body[48]])

    async def _write(self, link: Link, expires_at: int) -> str:
        ids = link.attachment_id.bytes + link.account_id.bytes + link.session_id.bytes
        return await self._signer.sign(ids + bytes([_VARIANTS.index(link.variant)]) + expires_at.to_bytes(4, "big"))
