"""Routes of the health checks."""

from typing import Annotated

from fastapi import APIRouter, Response, status

from app.dependencies.dependency_db import Db
from app.dependencies.services_dependency import service
from app.modules.healthcheck_module.schemas import Alive, Health
from app.modules.healthcheck_module.services.checks import check_health
from app.settings import Settings

router = APIRouter(prefix="/healthcheck")

SettingsDep = Annotated[Settings, service(Settings)]


@router.get("")
async def health(settings: SettingsDep, database: Db) -> Health:
    """Returns the state of the server and of its dependencies. The HTTP status is always 200."""
    return await check_health(settings, database)


@router.get("/live")
async def live() -> Alive:
    """Returns 200 while the process answers. For supervisors that restart a process."""
    return Alive()


@router.get("/ready", responses={503: {"model": Health, "description": "The database is unavailable or not migrated"}})
async def ready(settings: SettingsDep, database: Db, response: Response) -> Health:
    """Returns 200 while the server can serve requests, else 503. For proxies and load balancers."""
    health = await check_health(settings, database)
    if health.status != "ok":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "1"
    return health
