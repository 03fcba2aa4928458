"""Secrets of webhooks, and signatures with them (Standard Webhooks 1.0)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID

from app.modules.accounts_module.services.sealing import Sealer
from app.modules.streams_module.services.log import now

PREFIX = "whsec_"
PREVIOUS_FOR = timedelta(hours=24)
"""Time for which the secret before a rotation signs, too."""
_BYTES = 32


class Secrets:
    """Creates secrets, and signs with them. They are stored encrypted: each signature needs the secret itself."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def prepare(self) -> None:
        """Derives the key. Call it before a transaction is open: it may need another connection."""
        await self._sealer.prepare()

    def make(self, webhook_id: UUID) -> tuple[str, bytes]:
        """Returns a new secret as its owner sees it, and as it is stored."""
        secret = PREFIX + b64encode(token_bytes(_BYTES)).decode()
        return secret, self._sealer.seal(webhook_id.bytes, secret)

    def sign(self, webhook: Mapping[str, Any], message_id: str, timestamp: int, body: bytes) -> str | None:
        """Returns the signatures of a message, by the present secret first.

        None if the present secret was encrypted with another key: AUTH_SECRET was changed.
        """
        signed = f"{message_id}.{timestamp}.".encode() + body
        stored = [webhook["secret"]]
        until = webhook["previous_secret_until"]
        if webhook["previous_secret"] is not None and until is not None and until > now():
            stored.append(webhook["previous_secret"])
        secrets = [self._sealer.open(UUID(str(webhook["id"])).bytes, sealed) for sealed in stored]
        if secrets[0] is None:
            return None
        return " ".join(_signature(secret, signed) for secret in secrets if secret is not None)


def _signature(secret: str, signed: bytes) -> str:
    return "v1," + b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, "sha256")).decode()
