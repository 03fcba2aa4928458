"""Finds events without a notification: a process died between commit and notification, or the bus was down."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import orjson
from loguru import logger

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.adapters.errors import DatabaseUnavailable
from app.modules.streams_module.db.cruds import sweep as crud
from app.modules.streams_module.services import metrics

STREAMS_AT_ONCE = 5_000
_SHARE = 100
"""Pause per second that a slice took: the sweep uses 1% of one core, however many streams exist."""
_BEAT = 1.0
"""Seconds between two heartbeats of this process, and between two checks for a due slice."""
_MEASURE = 15.0


class Sweep:
    """This process' part in the installation's sweep over all streams.

    `found` gets streams with events to handle. While `has_room` returns False, no slice is taken.
    """

    def __init__(
        self,
        database: Database,
        names: Sequence[str],
        digest: str,
        has_room: Callable[[], bool],
        found: Callable[[Sequence[UUID]], None],
    ) -> None:
        self._database = database
        self._names = names
        # A process of another version, or with other modules, looks for other subscribers or events.
        self._name = " ".join([*sorted(names), digest])
        self._has_room = has_room
        self._found = found
        self._process = uuid4()
        self._is_urgent = True

    def run_soon(self) -> None:
        """Restarts the sweep without pauses, because notifications may have been lost."""
        self._is_urgent = True

    async def run(self) -> None:
        """Takes slices of the sweep until cancelled."""
        measured_at = -_MEASURE
        try:
            while True:
                try:
                    await self._beat()
                    while self._has_room() and await self._take_slice():
                        await self._beat()
                    if monotonic() >= measured_at + _MEASURE:
                        measured_at = monotonic()
                        await self._measure()
                except Exception as error:  # noqa: BLE001 - the loop must continue
                    logger.debug("cannot sweep the streams: {!r}", error)
                    # What was committed without an answer has no notification.
                    self._is_urgent |= isinstance(error, DatabaseUnavailable)
                await asyncio.sleep(_BEAT)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(1), self._database.connection() as connection:
                    # For the events that this process has not handled: the others leave them to it. First, because
                    # the others notice a process that could only do this half.
                    await crud.run_soon(connection)
                    await crud.leave(connection, self._process)

    async def _beat(self) -> None:
        async with self._database.connection() as connection:
            await crud.add(connection, self._name)
            if await crud.beat(connection, self._process):
                self._is_urgent = True
            if self._is_urgent:
                await crud.run_soon(connection)
                self._is_urgent = False

    async def _measure(self) -> None:
        async with self._database.connection() as connection:
            for row in await crud.read_behind(connection, self._names):
                metrics.SUBSCRIBER_LAG_EVENTS.labels(row["name"]).set(row["events_behind"])
                metrics.SUBSCRIBER_LAG_SECONDS.labels(row["name"]).set(row["seconds"])
                metrics.SUBSCRIBER_SET_ASIDE.labels(row["name"]).set(row["set_aside"])

    def _add_up(self, before: Mapping[str, Any], rows: Sequence[Any]) -> dict[str, tuple[int, float | None]]:
        """Returns the result of this sweep so far: by subscriber, the number of events and the time of the oldest."""
        behind = {name: tuple(before.get(name, (0, None))) for name in self._names}
        for row in rows:
            events, since = behind[row["name"]]
            times = [time for time in (since, row["since"]) if time is not None]
            behind[row["name"]] = events + row["events"], min(times, default=None)
        return behind

    async def _take_slice(self) -> bool:
        """Processes the slice that is due. Returns True if the next slice is due at once."""
        began = monotonic()
        async with open_unit_of_work(self._database) as work:
            raw = await work.raw()
            claimed = await crud.claim(raw, self._name)
            if claimed is None:
                return False
            after: UUID = claimed["after"]
            end = await crud.find_end(raw, after, STREAMS_AT_ONCE)
            rows = await crud.list_behind(raw, after, end, self._names)
            behind = self._add_up(orjson.loads(claimed["behind"]) if after != crud.START else {}, rows)
            if end is None:
                await crud.note_behind(raw, behind)
            pause = max((monotonic() - began) * _SHARE, _BEAT)
            is_urgent = claimed["is_urgent"] and end is not None
            await crud.move(raw, self._name, end, pause, orjson.dumps(behind).decode(), is_urgent=is_urgent)
        self._found([row["id"] for row in rows])
        return bool(is_urgent)
