"""Rows that end with the API key that has created them, `token_id`, from the moment of its revocation on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.modules.accounts_module.extension import BearerKind
from app.modules.accounts_module.services.revocations import Revocations
from app.services.context import Context
from app.utils.container import Container
from app.utils.module import Modules


def are_keys_known(container: Container) -> bool:
    """Returns False while no module knows API keys: all seem to have ended then, and nothing is deleted for that."""
    return bool(container.get(Modules).contributions(BearerKind))


async def find_ended(context: Context, rows: Sequence[Any]) -> set[UUID]:
    """Returns the API keys of the rows that are not valid any more. Rows of sessions have none."""
    token_ids = {row["token_id"] for row in rows} - {None}
    if not token_ids:
        return set()
    live = await context.container.get(Revocations).list_live(context.connection, list(token_ids), context.at)
    return token_ids - live.keys()


async def without_ended(context: Context, rows: Sequence[Any]) -> list[Any]:
    """Returns the rows without those whose API key is not valid any more."""
    ended = await find_ended(context, rows)
    return [row for row in rows if row["token_id"] not in ended]
