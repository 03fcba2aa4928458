from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.catalogues_module.api.router import make_router
from app.modules.catalogues_module.db.models import (
    CatalogueVersion,
    ChatType,
    Country,
    Language,
    MemberRole,
    ReportReason,
    TimeZone,
)
from app.modules.catalogues_module.services.cache import CatalogueCache
from app.utils.container import Container
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    container.put(CatalogueCache, CatalogueCache(container.get(Database), container.get(Modules)))
    yield


module = Module(
    name="catalogues",
    description="Short lists of values for forms, in the caller's language",
    router=make_router,
    depends_on=("base", "accounts"),
    models=(CatalogueVersion, ChatType, MemberRole, ReportReason, Language, TimeZone, Country),
    lifespan=lifespan,
)
