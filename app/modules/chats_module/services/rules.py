"""The rules that other modules contribute about who may be added, and about members that depend on other members."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import list_absent
from app.modules.chats_module.db.cruds import members as crud
from app.modules.chats_module.errors import CannotOwn, LimitingMemberMissing
from app.modules.chats_module.extension import ROLES, AddCheck, Addition, MemberLimit, find_limits
from app.services.context import WorkContext, work_context
from app.utils.container import Container
from app.utils.module import Modules


class MemberRules:
    """The contributions of one application's modules. All calls run under the lock of the chat's stream."""

    def __init__(self, modules: Modules, container: Container) -> None:
        self._checks = modules.contributions(AddCheck)
        self._limits = modules.contributions(MemberLimit)
        self._container = container

    async def check_added(self, work: UnitOfWork, addition: Addition, limits: Mapping[UUID, UUID]) -> None:
        """Raises the refusal of a check. A limited actor adds only those whom the account that limits it may add."""
        additions = [addition]
        limiting = limits.get(addition.actor_id)
        if limiting is not None:
            additions.append(addition._replace(actor_id=limiting, account_ids=addition.account_ids - {limiting}))
        for one in additions:
            if one.account_ids:
                for check in self._checks:
                    await check.check(await self._context(work), one)

    async def limit_added(
        self, work: UnitOfWork, chat_id: UUID, roles: Mapping[UUID, str], limits: Mapping[UUID, UUID]
    ) -> tuple[dict[UUID, str], dict[UUID, str]]:
        """Returns the roles that new members get, and the roles that limited members were given.

        Raises CannotOwn, or LimitingMemberMissing if an account that limits a new member is no member.
        """
        limits = {account_id: by for account_id, by in limits.items() if account_id in roles}
        if not limits:
            return dict(roles), {}
        given = {account_id: roles[account_id] for account_id in limits}
        present = await crud.find_roles(work.session, chat_id, set(limits.values()))
        limiting = {**present, **{key: role for key, role in roles.items() if key not in limits}}
        capped = {}
        for account_id, by in limits.items():
            if roles[account_id] == "owner":
                raise CannotOwn
            if by not in limiting:
                raise LimitingMemberMissing
            capped[account_id] = lower(roles[account_id], limiting[by])
        return {**roles, **capped}, given

    async def find_limits(self, work: UnitOfWork, account_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Returns, for those of the accounts that are limited, the account that limits each."""
        return await find_limits(await self._context(work), account_ids)

    async def list_limited(self, work: UnitOfWork, account_ids: Collection[UUID]) -> dict[UUID, UUID]:
        """Returns the accounts that these accounts limit, each with the account that limits it."""
        found: dict[UUID, UUID] = {}
        for limit in self._limits:
            found |= await limit.list_limited(await self._context(work), account_ids)
        return found

    async def is_absent(self, work: UnitOfWork, account_id: UUID) -> bool:
        """Returns True if nothing is done in the name of the account at present."""
        return bool(await list_absent(await self._context(work), [account_id]))

    async def _context(self, work: UnitOfWork) -> WorkContext:
        return await work_context(work, self._container, datetime.now(UTC))


def lower(role: str, other: str) -> str:
    """Returns the lower one of two roles."""
    return min(role, other, key=ROLES.index)
