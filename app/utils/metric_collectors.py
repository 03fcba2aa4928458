"""Measurement of what is not counted at an event."""

from collections.abc import Callable

from app.utils.isolation import call_isolated


class MetricCollectors:
    """Functions that set gauges, called before a scrape and every few seconds."""

    def __init__(self) -> None:
        self._collectors: list[Callable[[], None]] = []

    def add(self, measure: Callable[[], None]) -> None:
        """Adds a function that sets gauges. It must not wait, and may be called at any time from now on."""
        self._collectors.append(measure)

    def collect(self) -> None:
        """Calls all functions. An error of one is logged and counted, and its gauges keep their values."""
        for measure in self._collectors:
            call_isolated(measure)
