"""People and chats for a field that is being typed into."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
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

MAX_PAGES_OF_PEOPLE = 5
"""Pages of the list of accounts that are read until enough are found. Each one looks at 20,000 accounts or more."""
MAX_CHATS = 1_000
"""Chats whose titles are compared: those with the newest messages."""
_AT_ONCE = 100
"""Titles that are compared before other tasks run. A hostile one takes 0.1 ms."""


async def suggest_people(
    work: UnitOfWork, parts: AccountParts, viewer: UUID, q: str, limit: int
) -> list[AccountPublic]:
    """Returns accounts whose username or display name contains the text. A username may have its `@`.

    A page may have fewer accounts than `limit` while more follow. MAX_PAGES_OF_PEOPLE are read.
    """
    found: list[AccountPublic] = []
    cursor = None
    for _ in range(MAX_PAGES_OF_PEOPLE):
        page = await accounts.list_profiles(work, parts, viewer, _without_sign(q), cursor, limit - len(found))
        found += page.items
        cursor = page.next_cursor
        if cursor is None or len(found) == limit:
            break
    return found


async def suggest_chats(work: UnitOfWork, parts: ChatParts, viewer: UUID, q: str, limit: int) -> list[orjson.Fragment]:
    """Returns chats of the viewer whose title, or the other account's names, contain the text.

    Those with a word that begins with it come first, then the one with the newest message. MAX_CHATS are looked at.
    """
    raw = await work.raw()
    found = await find_named(await crud.list_names(raw, viewer, MAX_CHATS), search_text(q))
    return await view_chosen(raw, parts, viewer, found[:limit])


async def find_named(names: Sequence[Mapping[str, Any]], text: str) -> list[UUID]:
    """Returns the chats whose `title`, or the names of the `other` account, contain the folded text.

    Those with a word that begins with it come first. A username may have its `@`.
    """
    found = []
    for number, row in enumerate(names, 1):
        name, part = (row["other"], _without_sign(text)) if row["other"] else (search_text(row["title"]), text)
        if part in name:
            begins = name.startswith(part) or f" {part}" in name or f"\n{part}" in name
            found.append((not begins, row["id"]))
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
    found.sort(key=lambda one: one[0])
    return [chat_id for _, chat_id in found]


def _without_sign(text: str) -> str:
    """Returns the text without the `@` of a username, and an `@` alone as it is."""
    return text.removeprefix("@") or text
