from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.modules.metrics_module.api import router
from app.modules.metrics_module.services import keep_measuring
from app.utils.background import running
from app.utils.container import Container
from app.utils.metric_collectors import MetricCollectors
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    async with running(keep_measuring(container.get(MetricCollectors))):
        yield


module = Module(
    name="metrics",
    description="Metrics of the server in Prometheus format",
    root_router=router,
    depends_on=("base",),
    lifespan=lifespan,
)
