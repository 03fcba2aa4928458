"""Endpoint parameters for the application's services: `Annotated[Clock, service(Clock)]`."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.types import Scope

from app.services.rate_limits import RateLimits
from app.settings.app_settings import AppSettings
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container
from app.utils.module import Modules

T = TypeVar("T")


def container_of(scope: Scope) -> Container:
    """Returns the container of the application that handles this request or socket."""
    container = scope["app"].state.container
    assert isinstance(container, Container)  # noqa: S101
    return container


# A plain function would be run in a thread, also below.
async def _find_container(connection: HTTPConnection) -> Container:
    return container_of(connection.scope)


def service(kind: type[T]) -> Any:
    """Returns a dependency that provides the application's object of this type."""

    async def find(connection: HTTPConnection) -> T:
        return container_of(connection.scope).get(kind)

    return Depends(find)


AppSettingsDep = Annotated[AppSettings, service(AppSettings)]
ContainerDep = Annotated[Container, Depends(_find_container)]
LimitsDep = Annotated[RateLimits, service(RateLimits)]
ModulesDep = Annotated[Modules, service(Modules)]
SizesDep = Annotated[SizesSettings, service(SizesSettings)]
