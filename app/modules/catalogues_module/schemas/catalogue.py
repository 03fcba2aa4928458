"""Responses that contain catalogues."""

from pydantic import Field

from app.modules.base_module.schemas import ResponseModel
from app.modules.catalogues_module.schemas.item import CatalogueItemView


class CatalogueSummary(ResponseModel):
    """A catalogue and the number of its items."""

    name: str = Field(description="name of the catalogue, as in its path", examples=["countries"])
    count: int = Field(examples=[249])


class CatalogueView(ResponseModel):
    """A whole catalogue in one language."""

    items: list[CatalogueItemView] = Field(description="ordered by position, then by key")
