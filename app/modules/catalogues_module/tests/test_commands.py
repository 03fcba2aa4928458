"""`python manage.py catalogues`: reading and changing catalogues without an account."""

import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.catalogues_module.tests.factories import REASONS, find, values
from tests.fakers import FakeClient, eventually
from tests.manage import manage

NAME = "report-reasons"


async def test_catalogues_are_listed_and_shown(database_address: DatabaseAddress) -> None:
    listed = await manage(database_address, "catalogues", "list")
    assert listed.exit_code == 0, listed.output
    assert ["countries", "249"] in [line.split() for line in listed.output.splitlines()]
    shown = await manage(database_address, "catalogues", "show", "countries")
    assert ["RU", "Россия", "Russia", "yes"] in [line.split()[1:] for line in shown.output.splitlines()]


async def test_an_item_is_added_changed_and_removed(anna: FakeClient, database_address: DatabaseAddress) -> None:
    added = await manage(database_address, "catalogues", "set", NAME, "flood", "--ru=Флуд", "--en=Flood")
    assert (added.exit_code, added.output) == (0, "flood was added\n")

    async def is_shown() -> bool:
        return (await values(anna, REASONS, "ru")).get("flood") == "Флуд"

    await eventually(is_shown)
    changed = await manage(database_address, "catalogues", "set", NAME, "spam", "--no-active", "--position=900")
    assert (changed.exit_code, changed.output) == (0, "spam was changed\n")
    removed = await manage(database_address, "catalogues", "remove", NAME, "flood", "--yes")
    assert (removed.exit_code, removed.output) == (0, "flood was deleted\n")
    shown = await manage(database_address, "catalogues", "show", NAME)
    assert ["900", "spam", "no"] in [line.split()[:2] + line.split()[-1:] for line in shown.output.splitlines()]
    assert "flood" not in shown.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", NAME, "flood", "--ru=Флуд"), "en: Field required"),
        (("set", NAME, "a b", "--ru=Флуд", "--en=Flood"), "key: String should match"),
        (("set", NAME, "spam", "--ru= "), "ru: must have at least one"),
    ],
)
async def test_invalid_items_are_refused(
    database_address: DatabaseAddress, arguments: tuple[str, ...], says: str
) -> None:
    refused = await manage(database_address, "catalogues", *arguments)
    assert refused.exit_code == 2
    assert says in refused.output


async def test_remove_asks_for_confirmation(anna: FakeClient, database_address: DatabaseAddress) -> None:
    asked = await manage(database_address, "catalogues", "remove", NAME, "spam", typed="n\n")
    assert asked.exit_code == 1
    assert await find(anna, REASONS, "spam") is not None
