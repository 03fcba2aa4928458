"""The root path of the server."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from app.dependencies.services_dependency import service
from app.settings import Mode, Settings

router = APIRouter(include_in_schema=False)


@router.get("/")
async def root(settings: Annotated[Settings, service(Settings)]) -> RedirectResponse:
    """Redirects to Swagger UI, or to the health check in production, where the documentation is not served."""
    return RedirectResponse("/healthcheck" if settings.app.mode is Mode.PROD else "/docs")
