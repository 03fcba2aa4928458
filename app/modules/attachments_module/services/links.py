"""Addresses of files: signed, bound to an attachment, a variant, an account and its session."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from typing import Any, NamedTuple
from uuid import UUID

from app.adapters.db.database import Database
from app.modules.accounts_module.services.signing_secret import derive_key
from app.modules.accounts_module.services.tokens import Identity
from app.modules.attachments_module.services.views import previews_of
from app.settings.auth_settings import AuthSettings

_WINDOW = 300
"""Seconds in which the address of a file is the same. It is valid to the end of the next window: 5 to 10 minutes."""
_VARIANTS = ("original", "small", "large")
_BODY = 16 * 3 + 1 + 4
_SIGNATURE = 16


class Link(NamedTuple):
    """What an address opens, and for whom."""

    attachment_id: UUID
    account_id: UUID
    session_id: UUID
    variant: str


class Links:
    """Makes and reads addresses. The key comes from the secret of the tokens, the same for all processes."""

    def __init__(self, settings: AuthSettings, database: Database, base: str) -> None:
        self._settings = settings
        self._database = database
        self._base = base
        self._key: bytes | None = None

    async def make(self, identity: Identity, row: Any) -> Mapping[str, Any]:
        """Returns `url`, `url_expires_at` and `previews` of an attachment: null until it is ready."""
        if row["state"] != "ready":
            return {"url": None, "url_expires_at": None, "previews": []}
        await self._find_key()
        expires_at = (int(time()) // _WINDOW + 2) * _WINDOW

        def address(variant: str) -> str:
            link = Link(row["id"], identity.account_id, identity.session_id, variant)
            return f"{self._base}/files/{self._write(link, expires_at)}"

        previews = [
            {"name": one["name"], "width": one["width"], "height": one["height"], "url": address(one["name"])}
            for one in previews_of(row)
        ]
        moment = datetime.fromtimestamp(expires_at, UTC)
        return {"url": address("original"), "url_expires_at": moment, "previews": previews}

    async def read(self, token: str) -> Link | None:
        """Returns None for a token that is not ours or has expired."""
        key = await self._find_key()
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        body, signature = data[:_BODY], data[_BODY:]
        if not hmac.compare_digest(_sign(key, body), signature) or int.from_bytes(body[49:], "big") <= time():
            return None
        return Link(UUID(bytes=body[:16]), UUID(bytes=body[16:32]), UUID(bytes=body[32:48]), _VARIANTS[body[48]])

    def _write(self, link: Link, expires_at: int) -> str:
        assert self._key is not None  # noqa: S101
        ids = link.attachment_id.bytes + link.account_id.bytes + link.session_id.bytes
        body = ids + bytes([_VARIANTS.index(link.variant)]) + expires_at.to_bytes(4, "big")
        return urlsafe_b64encode(body + _sign(self._key, body)).rstrip(b"=").decode()

    async def _find_key(self) -> bytes:
        if self._key is None:
            self._key = await derive_key(self._settings, self._database, b"addresses of files")
        return self._key


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, sha256).digest()[:_SIGNATURE]
