"""Extension point of the health check: dependencies without which the server still serves, such as the bus.

A contributing module need not depend on this module. Without it, the contributions are ignored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from app.utils.container import Container


@dataclass(frozen=True, slots=True)
class DependencyState:
    """The state of a dependency now. `error` is why it cannot be used, None if it can."""

    latency_ms: float | None = None
    error: Exception | None = None


@dataclass(frozen=True)
class HealthCheck:
    """Adds a dependency to `/healthcheck`. While it is unavailable the server is `degraded`, and still ready.

    - `name`: the key in `checks`.
    - `read(container)`: returns the state that is known at this moment; None if the dependency is not configured. It
      does not wait.
    """

    name: str
    read: Callable[[Container], DependencyState | None]

    optional_host: ClassVar[bool] = True
