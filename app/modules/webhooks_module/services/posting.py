"""Posts one message to a webhook, and reads what the receiver says."""

from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.adapters.clients.http import EgressError, HttpClient
from app.adapters.clients.http.errors import InvalidUrl, Unreachable
from app.modules.streams_module.extension import Event
from app.modules.streams_module.services.log import encode_time, now
from app.modules.webhooks_module.errors import SecretLost
from app.modules.webhooks_module.services.secrets import Secrets

_MAX_ANSWER = 1_024
"""Bytes of the response that are read. None of them is used."""
_MAX_PAUSE = 86_400.0
"""Seconds that a receiver may ask for by Retry-After."""
_GONE = 410
_ASKS_TO_WAIT = (429, 503)


class Answer(NamedTuple):
    """What came of one request. `retry_after`: the pause in seconds that the receiver asks for."""

    at: datetime
    status: int | None = None
    error: str | None = None
    duration_ms: int | None = None
    retry_after: float = 0.0

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == _GONE

    @property
    def outcome(self) -> str:
        """The label of the metric."""
        if self.is_accepted:
            return "ok"
        return self.error or ("gone" if self.is_gone else "failed")


def body_of(event: Event) -> bytes:
    """Returns the body for an event. It is the same at each attempt, unless the event has changed."""
    stored = {
        "stream_id": event.stream_id,
        "seq": event.seq,
        "kind": event.kind,
        "data": event.data,
        "at": encode_time(event.at),
    }
    return orjson.dumps({"type": event.kind, "timestamp": stored["at"], "data": stored}, default=str)


def message_id_of(webhook_id: UUID, stream_id: UUID, seq: int) -> str:
    """Returns the id of a message: the same at each attempt, so that the receiver recognizes a repetition."""
    return f"{webhook_id}_{stream_id}_{seq}"


async def post(
    client: HttpClient, secrets: Secrets, webhook: Mapping[str, Any], message_id: str, body: bytes
) -> Answer:
    """Posts a message. Raises SecretLost if it cannot be signed."""
    at, began = now(), monotonic()
    timestamp = int(at.timestamp())
    signature = secrets.sign(webhook, message_id, timestamp, body)
    if signature is None:
        raise SecretLost
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
    try:
        response = await client.request(
            "POST",
            webhook["url"],
            purpose="webhook",
            headers=headers,
            content=body,
            max_bytes=_MAX_ANSWER,
            may_cut=True,
            keeps_plain_inside=True,
        )
    except (Unreachable, InvalidUrl):
        # Without the duration: it could differ between a name inside the own network and one that does not exist.
        return Answer(at, error="unreachable")
    except EgressError as error:
        return Answer(at, error=error.outcome, duration_ms=_milliseconds_since(began))
    retry_after = response.retry_after(_MAX_PAUSE) if response.status in _ASKS_TO_WAIT else 0.0
    return Answer(at, response.status, None, _milliseconds_since(began), retry_after)


def _milliseconds_since(began: float) -> int:
    return round((monotonic() - began) * 1000)
