"""Requests and responses of catalogues and their items."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt

from app.modules.base_module.schemas import NOT_BLANK, NOT_NULL, UNCHANGED, RequestModel, ResponseModel, check_name

MAX_POSITION = 2**31 - 1


Key = Annotated[
    str,
    # Names of time zones contain slashes. Dots are not allowed: clients and proxies remove `.` segments from paths.
    Field(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*)*$", examples=["RU"]),
]
Value = Annotated[
    str,
    Field(min_length=1, max_length=200, examples=["Россия"], json_schema_extra={"pattern": NOT_BLANK}),
    AfterValidator(check_name),
]
Order = Annotated[StrictInt, Field(ge=0, le=MAX_POSITION, examples=[180])]


class CatalogueItemView(ResponseModel):
    """An item in the caller's language. An inactive item is shown where it is used, and not offered."""

    id: UUID
    key: str = Field(description="stable; programs decide by it", examples=["RU"])
    value: str = Field(description="in the language of Accept-Language, ru or en", examples=["Россия"])
    position: int = Field(examples=[180])
    is_active: bool


class CatalogueItemCreate(RequestModel):
    """A new item. Without a position it is last."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"key": "flood", "value_ru": "Флуд", "value_en": "Flood", "position": 8}}
    )

    key: Key
    value_ru: Value
    value_en: Value
    position: Order | None = None
    is_active: StrictBool = True


class CatalogueItemUpdate(RequestModel):
    """Omitted fields stay unchanged. The key cannot change, since other data refers to it."""

    model_config = ConfigDict(json_schema_extra={"example": {"value_ru": "Флуд и повторы", "is_active": False}})

    value_ru: Annotated[Value, NOT_NULL] = UNCHANGED
    value_en: Annotated[Value, NOT_NULL] = UNCHANGED
    position: Annotated[Order, NOT_NULL] = UNCHANGED
    is_active: Annotated[StrictBool, NOT_NULL] = UNCHANGED


class CatalogueItemRead(ResponseModel):
    """An item in both languages, for server admins."""

    id: UUID
    key: str = Field(examples=["flood"])
    value_ru: str = Field(examples=["Флуд"])
    value_en: str = Field(examples=["Flood"])
    position: int = Field(examples=[180])
    is_active: bool


class CatalogueSummary(ResponseModel):
    """A catalogue and the number of its items."""

    name: str = Field(description="name of the catalogue, as in its path", examples=["countries"])
    count: int = Field(examples=[249])


class CatalogueView(ResponseModel):
    """A whole catalogue in one language."""

    items: list[CatalogueItemView] = Field(description="ordered by position, then by key")
