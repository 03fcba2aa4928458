"""What the health check says about the bus and the replicas. The server works without them.

Without the bus events still arrive, up to 1.5 s later, by the sweep of the hub. Without a replica the primary answers.
"""

from app.adapters.base.bus import Bus
from app.adapters.db.replicas import Replicas
from app.modules.healthcheck_module.extension import DependencyState, HealthCheck
from app.utils.container import Container


class ReplicasUnavailable(Exception):
    """Some replicas cannot be used. The message names them."""


def _read_bus(container: Container) -> DependencyState:
    bus = container.get(Bus)  # type: ignore[type-abstract]
    return DependencyState(_milliseconds(bus.round_trip), bus.unavailable_because)


def _read_replicas(container: Container) -> DependencyState | None:
    """Returns the round trip of the slowest replica, or what is wrong with each that is unavailable."""
    replicas = container.get(Replicas).all
    if not replicas:
        return None
    wrong = [f"{one.address}: {one.unavailable_because!r}" for one in replicas if one.unavailable_because is not None]
    if wrong:
        return DependencyState(error=ReplicasUnavailable("; ".join(wrong)))
    return DependencyState(_milliseconds(max(one.round_trip or 0 for one in replicas)))


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


BUS = HealthCheck("bus", _read_bus)
REPLICAS = HealthCheck("replicas", _read_replicas)
