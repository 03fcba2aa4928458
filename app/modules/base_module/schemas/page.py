"""Pages of lists: `{"items": [...], "next_cursor": "opaque" | null}`."""

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import ConfigDict, Field

from app.modules.base_module.schemas.models import ResponseModel
from app.resources.constants import DEFAULT_PAGE, MAX_PAGE

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description=f"maximum number of items, {DEFAULT_PAGE} by default")]
Cursor = Annotated[
    str | None, Query(max_length=512, description="`next_cursor` of the previous page; omit it for the first page")
]


class Page(ResponseModel, Generic[Item]):
    """A part of a list. `next_cursor` is null on the last page."""

    # The answer always has both.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    items: list[Item]
    next_cursor: str | None = Field(
        None,
        description="opaque; pass it as `cursor` to get the next page; null on the last page",
        examples=["WyJhbm5hIl0"],
    )
