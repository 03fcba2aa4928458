from uuid import UUID

from pydantic import ConfigDict, Field

from app.modules.base_module.schemas import ResponseModel


class LinkPreview(ResponseModel):
    """The description that a page gives of itself. The server has fetched it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "url": "https://example.com/news",
                "title": "Новости",
                "description": "Что произошло за день",
                "site_name": "Example",
                "attachment_id": None,
                "width": None,
                "height": None,
            }
        }
    )

    url: str = Field(description="the link as it is in the message")
    title: str
    description: str | None
    site_name: str | None
    attachment_id: UUID | None = Field(
        description="image of the page, which members read as a file of the message; null if there is none, or none yet"
    )
    width: int | None
    height: int | None
