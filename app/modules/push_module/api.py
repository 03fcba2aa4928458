from typing import Annotated

from fastapi import APIRouter, status

from app.adapters.clients.http import HttpClient
from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import LimitsDep, service
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import refuses
from app.modules.push_module.errors import EndpointIsMoving, SubscriptionNotFound
from app.modules.push_module.schemas import (
    PushKeyRead,
    SubscriptionCreated,
    SubscriptionId,
    SubscriptionList,
    SubscriptionPut,
)
from app.modules.push_module.services import subscriptions
from app.modules.push_module.services.keys import find_or_make_key
from app.modules.push_module.services.use import PushUse
from app.modules.push_module.settings import CHANGE_PUSH_SUBSCRIPTIONS
from app.modules.streams_module.dependencies import LogDep

router = APIRouter()
ClientDep = Annotated[HttpClient, service(HttpClient)]
UseDep = Annotated[PushUse, service(PushUse)]


@router.get("/push/key")
async def key(_: CurrentIdentity, database: Db) -> PushKeyRead:
    """Returns the public key with which devices subscribe to notifications."""
    async with database.connection() as connection:
        return PushKeyRead(public_key=(await find_or_make_key(connection)).public_key)


@router.put("/accounts/me/push-subscriptions", openapi_extra=refuses(EndpointIsMoving))
async def subscribe(
    body: SubscriptionPut,
    identity: CurrentIdentity,
    limits: LimitsDep,
    client: ClientDep,
    work: Work,
    log: LogDep,
    use: UseDep,
) -> SubscriptionCreated:
    """Subscribes the device of this session to notifications, until the session ends.

    The same endpoint again keeps its id. It moves if another account had it. An account has at most 16 subscriptions:
    the oldest one goes.
    """
    limits.hit(CHANGE_PUSH_SUBSCRIPTIONS, identity.account_id.int)
    # Before the first statement: it may look up a name.
    await subscriptions.check_endpoint(client, body.endpoint)
    return SubscriptionCreated(id=await subscriptions.subscribe(work, log, use, identity, body))


@router.get("/accounts/me/push-subscriptions")
async def list_mine(identity: CurrentIdentity, database: Db) -> SubscriptionList:
    """Lists the devices of the caller that get notifications."""
    async with database.connection() as connection:
        return SubscriptionList(items=await subscriptions.list_subscriptions(connection, identity))


@router.delete(
    "/accounts/me/push-subscriptions/{subscription_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(SubscriptionNotFound),
)
async def unsubscribe(
    subscription_id: SubscriptionId, identity: CurrentIdentity, limits: LimitsDep, work: Work, log: LogDep
) -> None:
    """Ends the notifications on one of the caller's devices."""
    limits.hit(CHANGE_PUSH_SUBSCRIPTIONS, identity.account_id.int)
    await subscriptions.unsubscribe(work, log, identity.account_id, subscription_id)
