"""What a webhook may get now: what its owner may read, and no more than the API key that has created it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.modules.accounts_module.extension import Identity, list_absent
from app.modules.accounts_module.services.event_scopes import EventScopes
from app.modules.chats_module.services.access import find_membership
from app.modules.streams_module.services.log import find_head
from app.services.context import Context

_READS_EVENTS = "messages:read"
"""The scope without which a key reads no events, whatever their kinds."""


@dataclass(frozen=True, slots=True)
class Readable:
    """The events of a stream that may be posted: after `lowest`, up to `last_seq`. The log begins at `first_seq`.

    `visible`: the kinds that an API key may see; None are all.
    """

    lowest: int
    first_seq: int
    last_seq: int
    visible: Sequence[str] | None = None


async def find_readable(context: Context, webhook: Mapping[str, Any], stream_id: UUID) -> Readable | None:
    """Returns what may be posted of a stream. None if the owner may not read it, or if it is not one of the webhook."""
    account_id, chat_ids = webhook["account_id"], webhook["chat_ids"]
    if stream_id == account_id:
        if chat_ids is not None:
            return None
        joined, visible = 1, find_visible(context, webhook)
    else:
        membership = await find_membership(context.connection, stream_id, account_id)
        if membership is None or (chat_ids is not None and stream_id not in chat_ids):
            return None
        joined, visible = membership.joined_event_seq, None
    head = await find_head(context.connection, stream_id)
    return None if head is None else Readable(joined - 1, *head, visible)


def find_visible(context: Context, webhook: Mapping[str, Any]) -> Sequence[str] | None:
    """Returns the kinds of events on the account's own stream that the webhook may get. None: all."""
    if webhook["scopes"] is None:
        return None
    identity = Identity(webhook["account_id"], webhook["token_id"], frozenset(webhook["scopes"]))
    return sorted(context.container.get(EventScopes).reader_of(identity).visible or ())


def may_read_events(scopes: Collection[str] | None) -> bool:
    """Returns True for a session, and for a key with the right to read events. `scopes` are those of the key."""
    return scopes is None or _READS_EVENTS in scopes


async def may_post(context: Context, webhook: Mapping[str, Any]) -> bool:
    """Returns True if anything is posted at present: not while the owner is leaving, nor for a key without the right
    to read events."""
    return may_read_events(webhook["scopes"]) and not await list_absent(context, [webhook["account_id"]])
