"""What a process knows of all webhooks: if one is active, so that a message costs nothing while none is."""

from app.adapters.db.connection import DatabaseConnection
from app.modules.streams_module.services.idleness import Idleness
from app.modules.streams_module.services.log import now
from app.modules.webhooks_module.db.cruds import cursors, webhooks
from app.modules.webhooks_module.services import metrics

KNOWN_AFTER = 15.0
"""Seconds after which all processes know that a webhook is active: more than `VALID_FOR` of `Idleness`."""


class Activity(Idleness):
    """The installation is idle without an active webhook. In the container."""

    async def is_used(self, connection: DatabaseConnection) -> bool:
        """Also measures how long the oldest event waits."""
        is_active = await webhooks.has_active(connection)
        behind_since = await cursors.find_behind_since(connection) if is_active else None
        metrics.LAG_SECONDS.set(max((now() - behind_since).total_seconds(), 0.0) if behind_since else 0.0)
        return is_active
