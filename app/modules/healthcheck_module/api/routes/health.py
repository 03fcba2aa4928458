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
    """The state of the server and of all that it needs. Always 200: `status` tells."""
    return await check_health(settings, database)


@router.get("/live")
async def live() -> Alive:
    """The process answers. For a supervisor that restarts what does not."""
    return Alive()


@router.get("/ready", responses={503: {"model": Health, "description": "The database is away or not migrated"}})
async def ready(settings: SettingsDep, database: Db, response: Response) -> Health:
    """Whether requests can be served now. For a proxy that chooses where to send them."""
    health = await check_health(settings, database)
    if health.status != "ok":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "1"
    return health
