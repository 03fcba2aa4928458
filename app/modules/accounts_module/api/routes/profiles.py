"""Routes of other accounts: the search and single profiles."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity, PartsDep
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.schemas import AccountId, AccountPublic, account_models
from app.modules.accounts_module.services import accounts
from app.modules.accounts_module.settings import SEARCH
from app.modules.base_module.schemas import Cursor, Limit, Page, Storable, refuses
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/accounts")
    public = account_models(modules).public

    @router.get("", response_model=Page[public])  # type: ignore[valid-type]
    @scoped("profile:read")
    async def list_people(
        identity: CurrentIdentity,
        limits: LimitsDep,
        work: Work,
        parts: PartsDep,
        query: Annotated[
            Storable,
            Query(max_length=100, description="part of the username or display name"),
        ] = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[AccountPublic]:
        """Lists accounts, the oldest first.

        A page may have fewer accounts than `limit`, or none, and still a cursor.
        """
        limits.hit(SEARCH, identity.account_id.int)
        return await accounts.list_profiles(work, parts, identity.account_id, query, cursor, limit)

    @router.get("/{account_id}", response_model=public, openapi_extra=refuses(AccountNotFound))
    @scoped("profile:read")
    async def person(account_id: AccountId, identity: CurrentIdentity, work: Work, parts: PartsDep) -> AccountPublic:
        """Returns the public fields of an account."""
        return await accounts.get_profile(work, parts, identity.account_id, account_id)

    return router
