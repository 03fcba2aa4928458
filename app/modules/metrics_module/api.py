"""The route that Prometheus scrapes."""

from typing import Annotated

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from app.dependencies.services_dependency import service
from app.utils.metric_collectors import MetricCollectors
from app.utils.metrics import render
from app.utils.processes import shared_metrics

router = APIRouter()


_EXAMPLE = 'messenger_sends_total{outcome="written"} 1024.0\nmessenger_sockets 12.0\n'


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string", "examples": [_EXAMPLE]}}}}},
)
async def metrics(collectors: Annotated[MetricCollectors, service(MetricCollectors)]) -> PlainTextResponse:
    """Returns the metrics of all worker processes in Prometheus format."""
    collectors.collect()
    # In a thread: with several processes, rendering reads files.
    text = await run_in_threadpool(render, shared_metrics())
    return PlainTextResponse(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
