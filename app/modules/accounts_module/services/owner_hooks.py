"""Calls what other modules do when an account turns out to belong to the owner of its mailbox."""

from datetime import UTC, datetime
from uuid import UUID

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import BearerKind, OwnerHook
from app.modules.accounts_module.services.revocations import Revocations
from app.services.context import work_context
from app.utils.container import Container
from app.utils.module import Modules


class OwnerHooks:
    """The hooks of one application's modules, and their kinds of tokens, which end."""

    def __init__(self, modules: Modules, container: Container) -> None:
        self._hooks = modules.contributions(OwnerHook)
        self._kinds = modules.contributions(BearerKind)
        self._container = container

    async def run(self, work: UnitOfWork, account_id: UUID, before: datetime | None) -> None:
        """Revokes the tokens that were created before a time (None: all), but not those of sessions. Calls all hooks.

        The account's stream must be locked.
        """
        context = await work_context(work, self._container, datetime.now(UTC))
        revoked = [token for kind in self._kinds for token in await kind.revoke_all(context, account_id, before)]
        revocations = self._container.get(Revocations)
        work.after_commit(lambda: revocations.announce(revoked, context.at))
        for hook in self._hooks:
            await hook.run(context, account_id, before)
