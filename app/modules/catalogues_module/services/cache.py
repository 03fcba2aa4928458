"""The cache of catalogues in memory, as the bytes of their responses."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic
from typing import Any

import orjson

from app.adapters.db.database import Database
from app.modules.base_module.schemas import Page
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.catalogues_module.db.cruds import items as crud
from app.modules.catalogues_module.db.models import CatalogueModel, find_catalogues
from app.modules.catalogues_module.errors import CatalogueNotFound
from app.modules.catalogues_module.schemas import CatalogueSummary
from app.modules.catalogues_module.services.languages import Language
from app.utils.module import Module

_FRESH_FOR = 0.8
"""Seconds for which a process uses its cache without a check, so that every process shows a change within a second."""


@dataclass(frozen=True, slots=True)
class RenderedCatalogue:
    """The response for a catalogue in one language. Equal bodies have equal tags, in every process."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class _Entry:
    version: int
    count: int
    by_language: dict[Language, RenderedCatalogue]


class CatalogueCache:
    """The catalogues of `modules` in a process.

    Each read checks the entry against the versions in the database, if it is due.
    """

    def __init__(self, database: Database, modules: Iterable[Module]) -> None:
        self._database = database
        self._models = find_catalogues(modules)
        self._entries: dict[str, _Entry] = {}
        self._versions: dict[str, int] = {}
        self._checked_at = float("-inf")
        self._invalidations = 0
        self._lock = asyncio.Lock()

    def model(self, name: str) -> type[CatalogueModel]:
        """Returns the model of a catalogue. Raises CatalogueNotFound."""
        model = self._models.get(name)
        if model is None:
            raise CatalogueNotFound
        return model

    def invalidate(self) -> None:
        """Makes the next read check the versions in the database, after this process has changed a catalogue."""
        self._invalidations += 1
        self._checked_at = float("-inf")

    async def page(self, cursor: str | None, limit: int) -> Page[CatalogueSummary]:
        """Returns a page of catalogues by name, with the number of items in each."""
        (after,) = decode_cursor(cursor, tuple[str]) if cursor else ("",)
        names = sorted(name for name in self._models if name > after)
        items = [CatalogueSummary(name=name, count=(await self._entry(name)).count) for name in names[:limit]]
        return Page(items=items, next_cursor=encode_cursor(items[-1].name) if len(names) > limit else None)

    async def get(self, name: str, language: Language) -> RenderedCatalogue:
        """Returns the response for a catalogue. Raises CatalogueNotFound."""
        self.model(name)
        return (await self._entry(name)).by_language[language]

    async def _entry(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        if entry is not None and self._is_fresh() and entry.version == self._versions.get(name, 0):
            return entry
        async with self._lock:
            if not self._is_fresh():
                await self._check()
            entry = self._entries.get(name)
            if entry is None or entry.version != self._versions.get(name, 0):
                entry = self._entries[name] = await self._read(name)
            return entry

    def _is_fresh(self) -> bool:
        return monotonic() - self._checked_at < _FRESH_FOR

    async def _check(self) -> None:
        # The time before the query, not after it: what is committed in between must be seen by the next check.
        began, invalidations = monotonic(), self._invalidations
        async with self._database.session() as session:
            self._versions = await crud.list_versions(session)
        if invalidations == self._invalidations:
            self._checked_at = began

    async def _read(self, name: str) -> _Entry:
        # The rows are read after their version. So they may be newer than it but never older, and the next check reads
        # them again.
        version = self._versions.get(name, 0)
        async with self._database.session() as session:
            rows = await crud.list_items(session, self._models[name])
        return _Entry(version, len(rows), {language: _render(rows, language) for language in ("ru", "en")})


def _render(rows: Sequence[Any], language: Language) -> RenderedCatalogue:
    items = [
        {
            "id": row.id,
            "key": row.key,
            "value": row.value_ru if language == "ru" else row.value_en,
            "position": row.position,
            "is_active": row.is_active,
        }
        for row in rows
    ]
    body = orjson.dumps({"items": items}, default=str)
    return RenderedCatalogue(body, f'"{blake2b(body, digest_size=12).hexdigest()}"')
