"""The API keys that have created webhooks. A webhook ends with its key, from the moment of the revocation on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.modules.accounts_module.services.revocations import Revocations
from app.services.context import Context


async def find_ended(context: Context, hooks: Sequence[Any]) -> set[UUID]:
    """Returns the API keys of the webhooks that are not valid any more."""
    token_ids = {hook["token_id"] for hook in hooks} - {None}
    if not token_ids:
        return set()
    live = await context.container.get(Revocations).list_live(context.connection, list(token_ids), context.at)
    return token_ids - live.keys()


async def without_ended(context: Context, hooks: Sequence[Any]) -> list[Any]:
    """Returns the webhooks without those whose API key is not valid any more."""
    ended = await find_ended(context, hooks)
    return [hook for hook in hooks if hook["token_id"] not in ended]
