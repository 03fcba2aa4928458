"""Looking at what is not counted as it happens."""

import asyncio

from app.utils import metrics
from app.utils.metrics import MetricCollectors

_PERIOD = 5.0
"""Seconds between two looks: of several processes a scrape asks only one, and sees the others as they were then."""


async def keep_measuring(collectors: MetricCollectors) -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        collectors.collect()
        due = loop.time() + _PERIOD
        await asyncio.sleep(_PERIOD)
        metrics.LOOP_LAG.set(max(loop.time() - due, 0.0))
