"""Registers subscribers in the database. Those that start at the head get a cursor for each stream."""

from collections.abc import Sequence

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.streams_module.db.cruds import registration as crud
from app.modules.streams_module.extension import Subscriber
from app.modules.streams_module.services.log import now

_STREAMS_AT_ONCE = 5_000


async def register(database: Database, subscribers: Sequence[Subscriber]) -> None:
    """Registers new subscribers, in chunks that resume. Processes that do so at the same time share the chunks."""
    names = [subscriber.name for subscriber in subscribers]
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        await crud.add(raw, [(subscriber.name, subscriber.start == "first") for subscriber in subscribers], now())
    for name in await _list_unregistered(database, names):
        while await _register_chunk(database, name):
            pass


async def _register_chunk(database: Database, name: str) -> bool:
    """Writes the cursors of the next streams. Returns False if all have one, perhaps by another process."""
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        row = await crud.claim(raw, name)
        if row is None:
            return False
        through = await crud.write_heads(raw, name, row["registered_through"], _STREAMS_AT_ONCE)
        await crud.note_progress(raw, name, through)
    return through is not None


async def _list_unregistered(database: Database, names: Sequence[str]) -> list[str]:
    """Returns the names whose registration is not complete."""
    async with database.connection() as connection:
        return await crud.list_unregistered(connection, names)
