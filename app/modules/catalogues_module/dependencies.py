from typing import Annotated

from fastapi import Path

from app.dependencies.services_dependency import service
from app.modules.catalogues_module.services.cache import CatalogueCache

CatalogueCacheDep = Annotated[CatalogueCache, service(CatalogueCache)]
CatalogueName = Annotated[str, Path(description="name of the catalogue", examples=["countries"])]
