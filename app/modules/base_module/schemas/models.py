"""The two kinds of models: what comes in is checked to the letter, what goes out is ours."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from app.modules.base_module.schemas.types import check_text


class RequestModel(BaseModel):
    """A body. Unknown fields are refused, and so is text that PostgreSQL cannot store."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="after")
    @classmethod
    def _text_can_be_stored(cls, value: Any) -> Any:
        return check_text(value) if isinstance(value, str) else value


class ResponseModel(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
