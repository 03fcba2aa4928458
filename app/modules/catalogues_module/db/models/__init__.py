from app.modules.catalogues_module.db.models.base import CatalogueModel, find_catalogues
from app.modules.catalogues_module.db.models.catalogues import (
    ChatType,
    Country,
    Language,
    MemberRole,
    ReportReason,
    TimeZone,
)
from app.modules.catalogues_module.db.models.version import CatalogueVersion

__all__ = [
    "CatalogueModel",
    "CatalogueVersion",
    "ChatType",
    "Country",
    "Language",
    "MemberRole",
    "ReportReason",
    "TimeZone",
    "find_catalogues",
]
