"""The root path of the server."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from app.dependencies.services_dependency import AppSettingsDep, service
from app.services.errors import NotFound
from app.settings import Mode
from app.utils.module import Modules

router = APIRouter(include_in_schema=False)


@router.get("/")
async def root(settings: AppSettingsDep, modules: Annotated[Modules, service(Modules)]) -> RedirectResponse:
    """Redirects to Swagger UI, or to the health check in production, where the documentation is not served.

    Raises NotFound if the health check is not served either.
    """
    if settings.mode is not Mode.PROD:
        return RedirectResponse("/docs")
    if "healthcheck" not in {module.name for module in modules}:
        raise NotFound
    return RedirectResponse("/healthcheck")
