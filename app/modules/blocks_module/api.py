from typing import Annotated

from fastapi import APIRouter, status

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import LimitsDep, service
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.schemas import AccountId
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.base_module.schemas import Cursor, Limit, Page, refuses
from app.modules.blocks_module import services
from app.modules.blocks_module.errors import TooManyBlocks
from app.modules.blocks_module.schemas import BlockRead
from app.modules.blocks_module.settings import BLOCK
from app.modules.chats_module.dependencies import MemberRulesDep
from app.modules.streams_module.dependencies import LogDep

router = APIRouter(prefix="/accounts/me/blocks")

FiltersDep = Annotated[PresenceFilters, service(PresenceFilters)]


@router.get("")
async def list_mine(identity: CurrentIdentity, work: Work, cursor: Cursor = None, limit: Limit = 50) -> Page[BlockRead]:
    """Lists the accounts that the caller has blocked, the one blocked last first."""
    return await services.list_blocks(work, identity.account_id, cursor, limit)


@router.put(
    "/{account_id}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(AccountNotFound, TooManyBlocks)
)
async def block(
    account_id: AccountId,
    identity: CurrentIdentity,
    limits: LimitsDep,
    work: Work,
    log: LogDep,
    filters: FiltersDep,
    rules: MemberRulesDep,
) -> None:
    """Blocks an account.

    The two cannot open a direct chat or write in it. The blocked account cannot add the caller to chats, and sees
    neither presence nor typing nor read positions of the caller.
    """
    limits.hit(BLOCK, identity.account_id.int)
    await services.block(work, log, filters, rules, identity.account_id, account_id)


@router.delete("/{account_id}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(AccountNotFound))
async def unblock(
    account_id: AccountId,
    identity: CurrentIdentity,
    limits: LimitsDep,
    work: Work,
    log: LogDep,
    filters: FiltersDep,
    rules: MemberRulesDep,
) -> None:
    """Unblocks an account. It changes nothing if the account is not blocked."""
    limits.hit(BLOCK, identity.account_id.int)
    await services.unblock(work, log, filters, rules, identity.account_id, account_id)
