"""Subscribers of modules that are on disk and not enabled."""

from dataclasses import replace

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.streams_module.services.subscribers import inspecting, sweep
from app.modules.streams_module.tests.recording_subscriber import noting, process
from app.settings import Settings
from app.utils.container import Container
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.fakers import FakeClient, eventually
from tests.manage import manage
from tests.servers import without


async def test_a_subscriber_of_a_module_that_is_switched_off_is_named_as_such(
    container: Container, connection: Connection, database_address: DatabaseAddress
) -> None:
    async with process(container, noting(), replace(noting(), name="search")):
        pass
    lines = (await manage(database_address, "subscribers", "list")).stdout.splitlines()
    (noted,) = [line for line in lines if line.startswith("noting:")]
    (search,) = [line for line in lines if line.startswith("search:")]
    assert (noted.endswith(", no enabled module has it"), search.endswith(" set aside")) == (True, True)


@pytest.mark.usefixtures("short_backoff")
async def test_doctor_expects_nothing_of_a_subscriber_of_a_module_that_is_switched_off(
    anna: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep, "_MEASURE", 0)
    notes = Module(name="notes", description="Notes", depends_on=("streams",), contributes=(noting(),))
    known = discover_modules() | {"notes": notes}
    monkeypatch.setattr(inspecting, "discover_modules", lambda: known)

    async def is_behind() -> bool:
        find = "SELECT behind_since < now() - interval '5 minutes' FROM subscriber WHERE name = 'noting'"
        return bool(await connection.fetchval(find))

    async def is_reported(settings: Settings) -> bool:
        return any("noting" in line for line in await inspecting.KEEPING_UP.find(settings, connection))

    async with process(container, noting(on_failure="stop", start="first")):
        await anna.send(club, "fail")
        await connection.execute("UPDATE event SET at = at - interval '10 minutes'")
        await eventually(is_behind, 60)
    assert await is_reported(settings)
    assert not await is_reported(without(settings, "notes"))
