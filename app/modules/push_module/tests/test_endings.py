"""Nothing is left of an erased account and of a deleted chat."""

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.modules.push_module.tests.devices import Device
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok

pytestmark = pytest.mark.usefixtures("at_once")


async def count(connection: Connection) -> list[int]:
    tables = ("push_subscription", "push_notification")
    return [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608 - constants


@pytest.mark.usefixtures("erasing_at_once")
async def test_the_devices_of_an_account_are_erased_with_it(
    anna: FakeClient, boris: FakeClient, club: str, phone: Device, container: Container, connection: Connection
) -> None:
    await anna.send(club)
    await phone.until(1)
    assert await count(connection) == [1, 1]
    await erase(container, connection, boris)
    assert await count(connection) == [0, 0]


async def test_the_notifications_of_a_chat_are_deleted_with_it(
    anna: FakeClient, club: str, phone: Device, connection: Connection
) -> None:
    await anna.send(club)
    await phone.until(1)
    ok(await anna.delete(f"/chats/{club}"))

    async def are_deleted() -> bool:
        return await count(connection) == [1, 0]

    await eventually(are_deleted)
