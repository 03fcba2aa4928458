"""The root path of the server."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from app.dependencies.services_dependency import AppSettingsDep, ModulesDep
from app.services.errors import NotFound
from app.settings import Mode

router = APIRouter(include_in_schema=False)


@router.get("/")
async def root(settings: AppSettingsDep, modules: ModulesDep) -> RedirectResponse:
    """Redirects to Swagger UI, or to the health check in production, where the documentation is not served.

    Raises NotFound if the health check is not served either.
    """
    if settings.mode is not Mode.PROD:
        return RedirectResponse("/docs")
    if "healthcheck" not in {module.name for module in modules}:
        raise NotFound
    return RedirectResponse("/healthcheck")
