"""A socket with a cursor older than the log gets a gap and continues."""

from datetime import timedelta
from uuid import UUID

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.modules.streams_module.services.log import now
from app.modules.streams_module.services.retention import prune
from tests.databases import execute
from tests.fakers import FakeClient, FakeSocket


async def forget(address: DatabaseAddress, stream_id: str, until: int) -> None:
    """Makes the events up to a number old, and prunes them."""
    age = "UPDATE event SET at = at - interval '31 days' WHERE stream_id = $1 AND seq <= $2"
    await execute(address, age, UUID(stream_id), until)
    async with Database(address).connected() as database:
        await prune(database, now() - timedelta(days=30))


async def test_a_pruned_cursor_gets_a_gap_and_other_streams_continue(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, database_address: DatabaseAddress
) -> None:
    other = await anna.open_chat(boris, title="Другой")
    for number in range(6):
        await anna.send(club, f"№ {number}")
    await forget(database_address, club, 5)
    socket = FakeSocket(boris, live_server)
    socket.cursors[club] = 4
    async with socket:
        await socket.until(lambda: bool(socket.gaps))
        await anna.send(club, "после")
        await anna.send(other, "и здесь")
        await socket.until(lambda: bool(socket.events[club] and socket.events[other]))
    assert socket.gaps == [{"stream_id": club, "first_seq": 6, "last_seq": 8}]
    assert socket.seqs(club) == [9]
    assert socket.seqs(other) == [3]


async def test_a_cursor_right_before_the_first_stored_event_has_no_gap(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, database_address: DatabaseAddress
) -> None:
    for number in range(6):
        await anna.send(club, f"№ {number}")
    await forget(database_address, club, 5)
    socket = FakeSocket(boris, live_server)
    socket.cursors[club] = 5
    async with socket:
        await socket.until(lambda: len(socket.events[club]) == 3)
    assert socket.gaps == []
    assert socket.seqs(club) == [6, 7, 8]
