"""One request to a push service: encrypted for the device (RFC 8291), signed by the server (RFC 8292)."""

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from app.adapters.clients.http import EgressError, HttpClient, HttpResponse
from app.adapters.clients.http.errors import InvalidUrl, Refused
from app.modules.push_module.db.cruds.keys import StoredKey
from app.modules.push_module.db.cruds.sending import Device
from app.modules.push_module.services.composing import MAX_BYTES, Notification
from app.modules.push_module.services.keys import load_private_key
from app.utils import base64url

_RECORD = 4_096
_SHORTER = (MAX_BYTES, 1_900, 700)
"""Bytes of the payload in the attempts at a push service that accepts less than it should."""
_SIGNED_FOR = timedelta(hours=12)
_MAX_RESPONSE = 65_536
_GONE = (404, 410)
_TOO_LARGE = 413
_TOO_MANY = 429
_LONGEST_PAUSE = 86_400.0


class Pushed(NamedTuple):
    """What came of a request. `pause`: seconds for which the push service asks for no further one."""

    outcome: Literal["sent", "gone", "refused", "deferred"]
    detail: str
    pause: float = 0.0


async def push(
    client: HttpClient, key: StoredKey, contact: str | None, device: Device, notification: Notification, ttl: int
) -> Pushed:
    """Sends a notification to a device. Never raises for what the push service does."""
    pushed = Pushed("refused", "413")
    for most in _SHORTER:
        pushed = await _post(client, key, contact, device, notification, ttl, most)
        if pushed.detail != str(_TOO_LARGE):
            break
    return pushed


async def _post(
    client: HttpClient,
    key: StoredKey,
    contact: str | None,
    device: Device,
    notification: Notification,
    ttl: int,
    most: int,
) -> Pushed:
    is_message = notification.kind == "message"
    headers = {
        "authorization": f"vapid t={sign(key, device.endpoint, contact)}, k={key.public_key}",
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(ttl),
        "urgency": "high" if is_message else "normal",
        # A push service keeps the newest one of a chat for a device that is offline.
        "topic": base64url.encode(notification.chat_id.bytes),
    }
    try:
        response = await client.request(
            "POST",
            device.endpoint,
            purpose="push",
            headers=headers,
            content=encrypt(device, notification.as_json(most)),
            max_bytes=_MAX_RESPONSE,
            may_cut=True,
            keeps_plain_inside=True,
        )
    except (InvalidUrl, Refused) as error:
        return Pushed("refused", str(error))
    except EgressError as error:
        return Pushed("deferred", str(error))
    return _judge(response)


def _judge(response: HttpResponse) -> Pushed:
    status, detail = response.status, str(response.status)
    if 200 <= status < 300:
        return Pushed("sent", detail)
    if status in _GONE:
        return Pushed("gone", detail)
    if status == _TOO_MANY or status >= 500:
        return Pushed("deferred", detail, response.retry_after(_LONGEST_PAUSE))
    return Pushed("refused", detail)


def encrypt(device: Device, payload: bytes) -> bytes:
    """Encrypts a payload for the device, with a key pair that is used once."""
    encrypted: bytes = http_ece.encrypt(
        payload,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=device.p256dh,
        auth_secret=device.auth,
        version="aes128gcm",
        rs=_RECORD,
    )
    return encrypted


def sign(key: StoredKey, endpoint: str, contact: str | None) -> str:
    """Returns the token by which a push service recognizes this server."""
    claims: dict[str, str | int] = {
        "aud": _origin(endpoint),
        "exp": int((datetime.now(UTC) + _SIGNED_FOR).timestamp()),
    }
    if contact is not None:
        claims["sub"] = contact
    return jwt.encode(claims, load_private_key(key), algorithm="ES256")


def _origin(endpoint: str) -> str:
    url = urlsplit(endpoint.lower())
    default = ":443" if url.scheme == "https" else ":80"
    return f"{url.scheme}://{url.netloc.removesuffix(default)}"
