"""Subscribes devices and ends their subscriptions."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from app.adapters.clients.http import EgressError, HttpClient
from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, Identity
from app.modules.accounts_module.services.sessions import check_open
from app.modules.push_module.db.cruds import sending
from app.modules.push_module.db.cruds import subscriptions as crud
from app.modules.push_module.errors import EndpointIsMoving, SubscriptionNotFound
from app.modules.push_module.schemas import Reason, SubscriptionPut, SubscriptionRead
from app.modules.push_module.services.keys import find_or_make_key
from app.modules.push_module.services.use import PushUse
from app.modules.streams_module.services.log import Log, event, now
from app.services.errors import ValidationFailed
from app.utils import base64url

MAX_SUBSCRIPTIONS = 16
_ACCOUNTS_AT_ONCE = 200
_FIRST = UUID(int=0)
OpenWork = Callable[[], AbstractAsyncContextManager[UnitOfWork]]


async def check_endpoint(client: HttpClient, endpoint: str) -> None:
    """Raises ValidationFailed for an address that this server does not send to."""
    try:
        if not endpoint.isascii() or not endpoint.isprintable():
            raise ValueError("it may have printable ASCII characters only")
        await client.check(endpoint)
    except (EgressError, ValueError) as error:
        raise ValidationFailed(("body", "endpoint"), f"cannot be used: {error}") from None


async def subscribe(work: UnitOfWork, log: Log, use: PushUse, identity: Identity, request: SubscriptionPut) -> UUID:
    """Returns the id of the device's subscription. Raises InvalidToken or EndpointIsMoving."""
    raw, account_id = await work.raw(), identity.account_id
    endpoint_hash = sha256(request.endpoint.encode()).digest()
    before = await crud.find_by_endpoint(raw, endpoint_hash)
    locked = {account_id} if before is None else {account_id, before.account_id}
    await log.lock(work, accounts=list(locked))
    await check_open(work, log, identity)
    found = await crud.find_by_endpoint(raw, endpoint_hash)
    if found is not None and found.account_id not in locked:
        raise EndpointIsMoving
    key_id, at = (await find_or_make_key(raw)).id, now()
    keys = base64url.decode(request.keys.p256dh), base64url.decode(request.keys.auth)
    work.after_commit(use.note_subscribed)
    if found is not None and found.account_id == account_id:
        await crud.renew(raw, account_id, found.id, identity.session_id, key_id, *keys)
        return found.id
    if found is not None:
        await end(work, log, *found, "moved")
    for oldest in await crud.list_beyond(raw, account_id, MAX_SUBSCRIPTIONS - 1):
        await end(work, log, account_id, oldest, "replaced")
    subscription_id = uuid4()
    await crud.insert(
        raw, account_id, subscription_id, identity.session_id, key_id, request.endpoint, endpoint_hash, *keys, at
    )
    created = {"id": subscription_id, "session_id": identity.session_id, "created_at": at}
    await log.append(work, account_id, event("push.subscribed", created), at=at)
    return subscription_id


async def list_subscriptions(connection: DatabaseConnection, identity: Identity) -> Sequence[SubscriptionRead]:
    """Returns the subscriptions of the caller, the oldest first, without those whose session has ended."""
    return [
        SubscriptionRead(
            id=row["id"],
            session_id=row["session_id"],
            service=urlsplit(row["endpoint"]).hostname or "",
            created_at=row["created_at"],
            current=row["session_id"] == identity.session_id,
        )
        for row in await crud.list_live(connection, identity.account_id, now())
    ]


async def unsubscribe(work: UnitOfWork, log: Log, account_id: UUID, subscription_id: UUID) -> None:
    """Deletes a subscription of the account. Raises SubscriptionNotFound."""
    await log.lock(work, accounts=[account_id])
    if not await end(work, log, account_id, subscription_id, "deleted"):
        raise SubscriptionNotFound


async def end(work: UnitOfWork, log: Log, account_id: UUID, subscription_id: UUID, reason: Reason) -> bool:
    """Deletes a subscription. The account's stream is locked. Returns False if there is none."""
    if not await crud.delete(await work.raw(), account_id, subscription_id):
        return False
    await log.append(work, account_id, event("push.unsubscribed", {"id": subscription_id, "reason": reason}))
    return True


async def end_dead(open_work: OpenWork, log: Log) -> int:
    """Deletes the subscriptions whose session has ended, and those of an earlier key. Returns their number.

    Each account has a transaction of its own.
    """
    ended, accounts = 0, [_FIRST]
    while accounts:
        async with open_work() as work:
            accounts = await crud.list_dead_accounts(await work.raw(), now(), accounts[-1], _ACCOUNTS_AT_ONCE)
        for account_id in accounts:
            async with open_work() as work:
                await log.lock(work, accounts=[account_id])
                for subscription_id, is_rotated in await crud.list_dead(await work.raw(), now(), account_id):
                    reason: Reason = "rotated" if is_rotated else "session_ended"
                    ended += await end(work, log, account_id, subscription_id, reason)
    return ended


ERASE_SUBSCRIPTIONS = AccountHook.of_rows("push subscriptions", crud.DELETE_OF_ACCOUNT)
ERASE_NOTIFICATIONS = AccountHook.of_rows("push notifications", sending.DELETE_OF_ACCOUNT)
