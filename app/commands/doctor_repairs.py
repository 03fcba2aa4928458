"""The repairs of `python manage.py doctor --fix`."""

from collections.abc import Sequence

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.opening import ANY_PLAN
from app.adapters.db.unit_of_work import open_unit_of_work
from app.adapters.errors import DRIVER_ERRORS
from app.commands.doctor_checks import Finding
from app.modules.streams_module.services.log import Log

TIMEOUT = 600.0
"""Seconds that one statement may take. It may read all messages."""
_STREAMS_AT_ONCE = 100
"""How many streams one repair locks."""


async def repair(address: DatabaseAddress, findings: Sequence[Finding]) -> list[str]:
    """Repairs each finding by itself. Returns a line for each that could not be repaired, such as for a busy chat."""
    failures: list[str] = []
    async with Database(address, session=ANY_PLAN).connected() as database:
        for finding in findings:
            try:
                await _repair(database, finding)
            except DRIVER_ERRORS as error:
                failures.append(f"{finding.about}: {error}")
    return failures


async def _repair(database: Database, finding: Finding) -> None:
    """Repairs a finding in units of work of its own, under the locks of the chats or accounts concerned."""
    log = Log(MemoryBus())
    for first in range(0, len(finding.stream_ids), _STREAMS_AT_ONCE):
        part = finding.stream_ids[first : first + _STREAMS_AT_ONCE]
        async with open_unit_of_work(database) as work:
            await log.lock(work, chats=part)
            raw = await work.raw()
            await raw.execute(f"SET LOCAL statement_timeout = '{TIMEOUT:.0f}s'")
            for statement in finding.invariant.fix if finding.invariant else ():
                await raw.execute(statement, part, timeout=TIMEOUT)
