"""The bus in the health check. Without it events still arrive, up to 1.5 s later, by the sweep of the hub."""

from app.adapters.base.bus import Bus
from app.modules.healthcheck_module.extension import DependencyState, HealthCheck
from app.utils.container import Container


def _read(container: Container) -> DependencyState:
    bus = container.get(Bus)  # type: ignore[type-abstract]
    latency_ms = None if bus.round_trip is None else round(bus.round_trip * 1000, 2)
    return DependencyState(latency_ms, bus.unavailable_because)


BUS = HealthCheck("bus", _read)
