"""The life of the application: what is opened before the first request, and closed after the last."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from loguru import logger

from app.adapters.db.database import BackgroundDatabase, Database
from app.fastapi_engine.handshake import PATHS_STATE, list_websocket_paths
from app.services.rate_limits import RateLimits
from app.utils.container import Container
from app.utils.module import Module


def lifespan_of(
    container: Container, modules: Sequence[Module]
) -> Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, object]]]:
    """Opens the database, then each module in the order of their dependencies; closes in the opposite order."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(container.get(Database).connected())
            await stack.enter_async_context(container.get(BackgroundDatabase).connected())
            await stack.enter_async_context(container.get(RateLimits).working())
            for module in modules:
                if module.lifespan is not None:
                    await stack.enter_async_context(module.lifespan(container))
            logger.info("started, with the modules {}", ", ".join(module.name for module in modules))
            yield {PATHS_STATE: list_websocket_paths(app)}
        logger.info("stopped")

    return lifespan
