"""Routes of the health checks."""

from fastapi import APIRouter, Response, status

from app.dependencies.services_dependency import ContainerDep
from app.modules.healthcheck_module.schemas import Alive, Health
from app.modules.healthcheck_module.services import check_health

router = APIRouter(prefix="/healthcheck")


@router.get("")
async def health(container: ContainerDep) -> Health:
    """Returns the state of the server and of its dependencies. The HTTP status is always 200."""
    return await check_health(container)


@router.get("/live")
async def live() -> Alive:
    """Returns 200 while the process answers. For supervisors that restart a process."""
    return Alive(status="ok")


@router.get("/ready", responses={503: {"model": Health, "description": "The database is unavailable or not migrated"}})
async def ready(container: ContainerDep, response: Response) -> Health:
    """Returns 200 while the server can serve requests, else 503. For proxies and load balancers."""
    health = await check_health(container)
    if health.status == "failed":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        response.headers["Retry-After"] = "1"
    return health
