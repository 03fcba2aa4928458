"""People and chats for a field that is being typed into."""

from uuid import UUID

import orjson

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.schemas import AccountPublic
from app.modules.accounts_module.services import accounts
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.chats_module.services.parts import ChatParts
from app.modules.chats_module.services.views import view_chosen
from app.modules.search_module.db.cruds import search as crud
from app.utils.names import search_text


async def suggest_people(
    work: UnitOfWork, parts: AccountParts, viewer: UUID, q: str, limit: int
) -> list[AccountPublic]:
    """Returns accounts whose username or display name contains the text. A username may have its `@`."""
    return (await accounts.list_profiles(work, parts, viewer, q.removeprefix("@") or q, None, limit)).items


async def suggest_chats(work: UnitOfWork, parts: ChatParts, viewer: UUID, q: str, limit: int) -> list[orjson.Fragment]:
    """Returns chats of the viewer whose title, or the other account's names, contain the text.

    Those with a word that begins with it come first, then the one with the newest message.
    """
    raw = await work.raw()
    text = search_text(q)
    found = []
    for row in await crud.list_names(raw, viewer):
        name = row["other"] or search_text(row["title"])
        if text in name:
            begins = name.startswith(text) or f" {text}" in name or f"\n{text}" in name
            found.append((not begins, row["id"]))
    found.sort(key=lambda one: one[0])
    return await view_chosen(raw, parts, viewer, [chat_id for _, chat_id in found[:limit]])
