"""The lifespan of the application: what is opened before the first request and closed after the last one."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

from fastapi import FastAPI
from loguru import logger

from app.adapters.clients.http import HttpClient
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.db.migrations.heads import can_be_served
from app.fastapi_engine.connection_limit import LIMIT_STATE, ConnectionLimit
from app.fastapi_engine.handshake import PATHS_STATE, list_websocket_paths
from app.services.rate_limits import RateLimits
from app.settings.app_settings import AppSettings
from app.settings.sizes_settings import SizesSettings
from app.utils.background import Background
from app.utils.container import Container
from app.utils.module import Module
from app.utils.tracing import Tracing


def lifespan_of(
    container: Container, modules: Sequence[Module]
) -> Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, object]]]:
    """Returns the lifespan. It opens the database, then the modules in the order of their dependencies, then their
    background work. It closes them in the opposite order.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(container.get(Tracing).aclose)
            await stack.enter_async_context(container.get(Database).connected())
            await stack.enter_async_context(container.get(BackgroundDatabase).connected())
            await stack.enter_async_context(container.get(RateLimits).working())
            stack.push_async_callback(container.get(HttpClient).aclose)
            for module in modules:
                if module.lifespan is not None:
                    await stack.enter_async_context(module.lifespan(container))
            settings, sizes = container.get(AppSettings), container.get(SizesSettings)
            if settings.background:
                is_migrated = partial(_is_migrated, container.get(BackgroundDatabase))
                await stack.enter_async_context(container.get(Background).working_when(is_migrated))
            logger.info("started with the modules {}", ", ".join(module.name for module in modules))
            limit = ConnectionLimit(sizes.connections_of_address, settings.trusted_proxies)
            yield {PATHS_STATE: list_websocket_paths(app), LIMIT_STATE: limit}
        logger.info("stopped")

    return lifespan


async def _is_migrated(database: Database) -> bool:
    """Returns False while the tables of background work may be missing: a database that was down is migrated later."""
    try:
        async with database.connection() as connection:
            return await can_be_served(connection)
    except Exception:  # noqa: BLE001 - the health check says what it is
        return False
