from pydantic import Field

from app.modules.base_module.schemas import ResponseModel
from app.modules.catalogues_module.schemas.item import CatalogueItemView


class CatalogueSummary(ResponseModel):
    """A catalogue, and how many items it has."""

    name: str = Field(description="as in its address", examples=["countries"])
    count: int = Field(examples=[249])


class CatalogueView(ResponseModel):
    """A whole catalogue in one language."""

    items: list[CatalogueItemView] = Field(description="by position, then by key")
