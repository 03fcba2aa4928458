"""The state of the server's dependencies at this moment."""

import asyncio
from time import perf_counter
from typing import Literal

from app.adapters.db.database import Database
from app.adapters.db.diagnosis import diagnose
from app.adapters.db.migrations.heads import can_be_served
from app.modules.healthcheck_module.extension import DependencyState, HealthCheck
from app.modules.healthcheck_module.schemas import Check, Health
from app.settings.app_settings import AppSettings, Mode
from app.utils.container import Container
from app.utils.module import Modules

_TIMEOUT = 2.0
"""Seconds until a check counts as failed."""


async def check_health(container: Container) -> Health:
    """Checks the database, without which nothing is served, and what modules contribute."""
    settings = container.get(AppSettings)
    shows_details = settings.mode is Mode.LOCAL
    database = await _check_database(container.get(Database), shows_details=shows_details)
    others = {
        contributed.name: _as_check(state, shows_details=shows_details)
        for contributed in container.get(Modules).contributions(HealthCheck)
        if (state := contributed.read(container)) is not None
    }
    status: Literal["ok", "degraded", "failed"] = "ok"
    if database.status == "failed":
        status = "failed"
    elif any(check.status == "failed" for check in others.values()):
        status = "degraded"
    return Health(status=status, version=settings.version, checks={"database": database, **others})


def _as_check(state: DependencyState, *, shows_details: bool) -> Check:
    """Without `shows_details`, only the kind of the error is shown: its text may contain addresses."""
    if state.error is None:
        return Check(status="ok", latency_ms=state.latency_ms, detail=None)
    detail = str(state.error) if shows_details else type(state.error).__name__
    return Check(status="failed", latency_ms=None, detail=detail)


async def _check_database(database: Database, *, shows_details: bool) -> Check:
    """Checks that the database responds within `_TIMEOUT` and has the migrations of this code.

    Without `shows_details`, the reason of a failure contains no address, role or database name.
    """
    began = perf_counter()
    try:
        async with asyncio.timeout(_TIMEOUT), database.connection() as connection:
            is_migrated = await can_be_served(connection)
    except Exception as error:  # noqa: BLE001 - any error is a failed check
        trouble = diagnose(database.unavailable_because or error, database.address)
        detail = (str(trouble) if shows_details else trouble.reason) if trouble else type(error).__name__
        return Check(status="failed", latency_ms=None, detail=detail)
    latency_ms = round((perf_counter() - began) * 1000, 2)
    if not is_migrated:
        return Check(status="failed", latency_ms=latency_ms, detail="not migrated: run `python manage.py db migrate`")
    return Check(status="ok", latency_ms=latency_ms, detail=None)
