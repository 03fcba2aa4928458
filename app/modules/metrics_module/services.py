"""Periodic measurement of the metrics that are not counted at an event."""

import asyncio

from app.utils import metrics
from app.utils.metric_collectors import MetricCollectors

_PERIOD = 5.0
"""Seconds between two measurements. A scrape reaches only one process, and reads the last values of the others."""


async def keep_measuring(collectors: MetricCollectors) -> None:
    """Collects metrics and measures the lag of the event loop, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        collectors.collect()
        due = loop.time() + _PERIOD
        await asyncio.sleep(_PERIOD)
        metrics.LOOP_LAG.set(max(loop.time() - due, 0.0))
