"""Routes by which server admins change the items of catalogues."""

from typing import Annotated

from fastapi import APIRouter, Path, status
from pydantic import AfterValidator

from app.dependencies.dependency_db import Work
from app.modules.accounts_module.dependencies import ServerAdmin
from app.modules.accounts_module.extension import refused_to_admins
from app.modules.base_module.schemas import check_text, refuses
from app.modules.catalogues_module.dependencies import CatalogueCacheDep, CatalogueName
from app.modules.catalogues_module.errors import CatalogueItemNotFound, CatalogueKeyTaken, CatalogueNotFound
from app.modules.catalogues_module.schemas import CatalogueItemCreate, CatalogueItemRead, CatalogueItemUpdate
from app.modules.catalogues_module.services import items
from app.services.errors import Forbidden, ServiceError
from app.utils.module import Modules

Key = Annotated[
    str,
    Path(max_length=100, description="key of the item; it may contain slashes", examples=["spam"]),
    AfterValidator(check_text),
]


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes of one application, whose modules may set conditions for server admins."""
    router = APIRouter(prefix="/catalogues/{name}/items")
    refused: list[type[ServiceError]] = [Forbidden, *refused_to_admins(modules), CatalogueNotFound]

    @router.post("", status_code=status.HTTP_201_CREATED, openapi_extra=refuses(*refused, CatalogueKeyTaken))
    async def add(
        name: CatalogueName, body: CatalogueItemCreate, admin: ServerAdmin, work: Work, cache: CatalogueCacheDep
    ) -> CatalogueItemRead:
        """Adds an item. Requires a server admin. Every process shows it within a second."""
        return await items.add_item(work, cache, name, body)

    @router.patch("/{key:path}", openapi_extra=refuses(*refused, CatalogueItemNotFound))
    async def change(
        name: CatalogueName,
        key: Key,
        body: CatalogueItemUpdate,
        admin: ServerAdmin,
        work: Work,
        cache: CatalogueCacheDep,
    ) -> CatalogueItemRead:
        """Changes the given fields of an item. Requires a server admin."""
        return await items.update_item(work, cache, name, key, body)

    @router.delete(
        "/{key:path}", status_code=status.HTTP_204_NO_CONTENT, openapi_extra=refuses(*refused, CatalogueItemNotFound)
    )
    async def delete(name: CatalogueName, key: Key, admin: ServerAdmin, work: Work, cache: CatalogueCacheDep) -> None:
        """Deletes an item. Requires a server admin. If other data refers to the item, make it inactive instead."""
        await items.delete_item(work, cache, name, key)

    return router
