"""Queries on the items and versions of catalogues."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.modules.catalogues_module.db.models import CatalogueModel, CatalogueVersion


async def list_items(session: AsyncSession, model: type[CatalogueModel]) -> list[Any]:
    """Returns all items, in their order, as rows."""
    columns = (model.id, model.key, model.value_ru, model.value_en, model.position, model.is_active)
    return list((await session.execute(select(*columns).order_by(model.position, model.key))).all())


async def find_item(session: AsyncSession, model: type[CatalogueModel], key: str) -> CatalogueModel | None:
    return await session.scalar(select(model).where(model.key == key))


async def find_last_position(session: AsyncSession, model: type[CatalogueModel]) -> int | None:
    """Returns the highest position, or None if the catalogue is empty."""
    return await session.scalar(select(func.max(model.position)))


async def list_versions(session: AsyncSession) -> dict[str, int]:
    """Returns versions by catalogue name. A catalogue that was never changed is not included."""
    rows = await session.execute(select(CatalogueVersion.name, CatalogueVersion.version))
    return {row.name: row.version for row in rows}


async def bump_version(session: AsyncSession, name: str) -> None:
    """Increments the version, by which all processes see a change. Locks the catalogue until the transaction ends."""
    statement = insert(CatalogueVersion).values(name=name, version=1)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[CatalogueVersion.name], set_={"version": CatalogueVersion.version + 1}
        )
    )
