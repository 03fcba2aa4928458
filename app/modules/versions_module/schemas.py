from datetime import datetime

from pydantic import ConfigDict

from app.modules.base_module.schemas import ResponseModel


class VersionRead(ResponseModel):
    """A text that an edit has replaced."""

    model_config = ConfigDict(json_schema_extra={"example": {"text": "Првиет!", "written_at": "2026-01-01T12:00:00Z"}})

    text: str
    written_at: datetime
