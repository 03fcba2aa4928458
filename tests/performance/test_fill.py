"""What fills the tables of a measurement is handled like what the server has written."""

from app.adapters.db.address import DatabaseAddress
from app.modules.search_module.tests.searching import texts
from tests.fakers import FakeClient
from tests.performance.fill import fill_messages


async def test_messages_that_were_filled_in_are_found(
    anna: FakeClient, club: str, database_address: DatabaseAddress
) -> None:
    await fill_messages(database_address, club, anna.id, 2)
    assert await texts(anna, "сообщение") == ["Сообщение номер 2", "Сообщение номер 1"]
