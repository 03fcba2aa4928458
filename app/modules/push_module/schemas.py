from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import Path
from pydantic import AfterValidator, ConfigDict, Field

from app.dependencies.scopes import scoped
from app.modules.base_module.schemas import BodyInt, RequestModel, ResponseModel
from app.modules.notifications_module.extension import NotificationSetting
from app.utils import base64url
from app.utils.event_texts import EventText

_ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
_SESSION = "9b2d6a1e-6f0b-4d3c-8e57-1c2a7b9d4e60"
# The key of the example in RFC 8291, appendix A.
_P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
_AUTH_BYTES = 16

SubscriptionId = Annotated[UUID, Path(description="id of the push subscription", examples=[_ID])]


def _check_point(value: str) -> str:
    point = base64url.decode(value)
    try:
        if len(point) != 65:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise ValueError("must be an uncompressed point on the curve P-256") from None
    return value


def _check_auth(value: str) -> str:
    if len(base64url.decode(value)) != _AUTH_BYTES:
        raise ValueError(f"must have {_AUTH_BYTES} bytes")
    return value


class PushKeyRead(ResponseModel):
    """The public key of this server."""

    model_config = ConfigDict(json_schema_extra={"example": {"public_key": _P256DH}})

    public_key: str = Field(
        description="`applicationServerKey` of a subscription: an uncompressed point on the curve P-256, base64url"
    )


class SubscriptionKeys(RequestModel):
    """The keys of a device, by which only the device can read what is sent to it."""

    p256dh: Annotated[str, Field(max_length=128), AfterValidator(_check_point)]
    auth: Annotated[str, Field(max_length=32), AfterValidator(_check_auth)]


class SubscriptionPut(RequestModel):
    """A device to notify: what `PushSubscription.toJSON()` of a browser returns."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "endpoint": "https://push.example.com/send/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
                "keys": {"p256dh": _P256DH, "auth": _AUTH},
            }
        }
    )

    endpoint: Annotated[
        str, Field(min_length=1, max_length=1024, description="address that the push service has given to the device")
    ]
    keys: SubscriptionKeys
    expiration_time: Annotated[
        BodyInt | None, Field(alias="expirationTime", description="accepted from browsers, and not used")
    ] = None


class SubscriptionCreated(ResponseModel):
    """The subscription of the device."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID}})

    id: UUID


class SubscriptionRead(ResponseModel):
    """A subscribed device, without its endpoint and keys."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": _ID,
                "session_id": _SESSION,
                "service": "push.example.com",
                "created_at": "2026-01-01T12:00:00Z",
                "current": True,
            }
        }
    )

    id: UUID
    session_id: UUID = Field(description="session that the subscription ends with")
    service: str = Field(description="host of the push service")
    created_at: datetime
    current: bool = Field(description="the subscription belongs to the session of this request")


class SubscriptionList(ResponseModel):
    """The subscribed devices of the account, the oldest first."""

    items: list[SubscriptionRead]


@scoped(None)
class PushSubscribed(ResponseModel):
    """A device of the account gets notifications from now on."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": _ID, "session_id": _SESSION, "created_at": "2026-01-01T12:00:00Z"}}
    )

    id: UUID
    session_id: UUID
    created_at: datetime


Reason = Literal["deleted", "replaced", "moved", "gone", "rotated", "session_ended"]


@scoped(None)
class PushUnsubscribed(ResponseModel):
    """A device of the account gets no notifications any more. After `rotated` it subscribes again with the new key."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID, "reason": "gone"}})

    id: UUID
    reason: Reason = Field(
        description="`deleted` by the account, `replaced` by a newer one beyond the limit, `moved` to another account, "
        "`gone` according to the push service, `rotated`: the server has a new key, `session_ended`"
    )


EVENTS: dict[str, type[ResponseModel]] = {
    "push.subscribed": PushSubscribed,
    "push.unsubscribed": PushUnsubscribed,
}
_REASONS = ", ".join(f"`{reason}`" for reason in get_args(Reason))
EVENT_TEXTS = (EventText("push.unsubscribed", "account", f"`id`, `reason`: {_REASONS}"),)

Push = Literal["all", "mentions", "none"]
Preview = Literal["full", "sender", "none"]


def _setting(name: str, read: Any, default: str, description: str) -> NotificationSetting:
    return NotificationSetting(name, Annotated[read, Field(description=description)], default)


SETTINGS = (
    _setting(
        "push",
        Push,
        "all",
        "which messages are pushed to the subscribed devices: `mentions` are those that mention the account, and all "
        "of direct chats; chats may narrow it",
    ),
    _setting("preview", Preview, "full", "what a pushed notification shows: sender and text, the sender only, neither"),
)
