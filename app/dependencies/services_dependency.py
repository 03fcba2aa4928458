"""What lives as long as the application, as a parameter: `Annotated[Clock, service(Clock)]`."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends
from starlette.requests import HTTPConnection

from app.services.rate_limits import RateLimits
from app.settings.sizes_settings import SizesSettings
from app.utils.container import Container

T = TypeVar("T")


def container_of(connection: HTTPConnection) -> Container:
    """The container of the application that answers this request or socket."""
    container = connection.app.state.container
    assert isinstance(container, Container)  # noqa: S101
    return container


def service(kind: type[T]) -> Any:
    """A dependency that gives the application's one object of this type."""

    # A plain function would be run in a thread.
    async def find(connection: HTTPConnection) -> T:
        return container_of(connection).get(kind)

    return Depends(find)


LimitsDep = Annotated[RateLimits, service(RateLimits)]
SizesDep = Annotated[SizesSettings, service(SizesSettings)]
