from app.modules.catalogues_module.schemas.catalogue import CatalogueSummary, CatalogueView
from app.modules.catalogues_module.schemas.item import (
    MAX_POSITION,
    CatalogueItemCreate,
    CatalogueItemRead,
    CatalogueItemUpdate,
    CatalogueItemView,
)

__all__ = [
    "MAX_POSITION",
    "CatalogueItemCreate",
    "CatalogueItemRead",
    "CatalogueItemUpdate",
    "CatalogueItemView",
    "CatalogueSummary",
    "CatalogueView",
]
