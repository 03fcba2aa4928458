"""What lives as long as the application, as a parameter: `Annotated[Clock, service(Clock)]`."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.types import Scope

from app.services.rate_limits import RateLimits
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container

T = TypeVar("T")


def container_of(scope: Scope) -> Container:
    """The container of the application that answers this request or socket."""
    container = scope["app"].state.container
    assert isinstance(container, Container)  # noqa: S101
    return container


def service(kind: type[T]) -> Any:
    """A dependency that gives the application's one object of this type."""

    # A plain function would be run in a thread.
    async def find(connection: HTTPConnection) -> T:
        return container_of(connection.scope).get(kind)

    return Depends(find)


LimitsDep = Annotated[RateLimits, service(RateLimits)]
SizesDep = Annotated[SizesSettings, service(SizesSettings)]
