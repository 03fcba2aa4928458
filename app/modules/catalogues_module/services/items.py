"""Changes to the items of catalogues. Changes to one catalogue run one after the other."""

from uuid import uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.catalogues_module.db.cruds import items as crud
from app.modules.catalogues_module.db.models import CatalogueModel
from app.modules.catalogues_module.errors import CatalogueItemNotFound, CatalogueKeyTaken
from app.modules.catalogues_module.schemas import (
    MAX_POSITION,
    CatalogueItemCreate,
    CatalogueItemRead,
    CatalogueItemUpdate,
)
from app.modules.catalogues_module.services.cache import CatalogueCache

_STEP = 10
"""Difference between the positions of added items, so that other items fit in between."""


async def add_item(
    work: UnitOfWork, cache: CatalogueCache, name: str, request: CatalogueItemCreate
) -> CatalogueItemRead:
    """Adds an item. Raises CatalogueNotFound or CatalogueKeyTaken."""
    model = await _open(work, cache, name)
    if await crud.find_item(work.session, model, request.key) is not None:
        raise CatalogueKeyTaken
    fields = request.model_dump()
    if request.position is None:
        last = await crud.find_last_position(work.session, model)
        fields["position"] = 0 if last is None else min(last + _STEP, MAX_POSITION)
    item = model(id=uuid4(), **fields)
    work.session.add(item)
    await work.session.flush()
    return CatalogueItemRead.model_validate(item)


async def update_item(
    work: UnitOfWork, cache: CatalogueCache, name: str, key: str, changes: CatalogueItemUpdate
) -> CatalogueItemRead:
    """Changes the given fields. Raises CatalogueNotFound or CatalogueItemNotFound."""
    item = await _get(work, await _open(work, cache, name), key)
    for field, value in changes.model_dump(exclude_unset=True).items():
        setattr(item, field, value)
    await work.session.flush()
    return CatalogueItemRead.model_validate(item)


async def delete_item(work: UnitOfWork, cache: CatalogueCache, name: str, key: str) -> None:
    """Deletes an item. Raises CatalogueNotFound or CatalogueItemNotFound."""
    await work.session.delete(await _get(work, await _open(work, cache, name), key))
    await work.session.flush()


async def _open(work: UnitOfWork, cache: CatalogueCache, name: str) -> type[CatalogueModel]:
    model = cache.model(name)
    await crud.bump_version(work.session, name)
    work.after_commit(cache.invalidate)
    return model


async def _get(work: UnitOfWork, model: type[CatalogueModel], key: str) -> CatalogueModel:
    item = await crud.find_item(work.session, model, key)
    if item is None:
        raise CatalogueItemNotFound
    return item
