"""`python manage.py push ...`"""

import typer

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.push_module.services.keys import replace_key
from app.modules.push_module.services.subscriptions import end_dead
from app.modules.streams_module.services.log import Log
from app.settings import load_settings

commands = typer.Typer(no_args_is_help=True, name="push", help="Push notifications.")


@commands.callback()
def _group() -> None:
    """Without it Typer would make the only command the group itself."""


@commands.command()
def rotate() -> None:
    """Replace the key by which push services recognize this server. All devices must subscribe again."""
    settings = load_settings()

    async def run(database: Database) -> int:
        async with open_unit_of_work(database) as work:
            await replace_key(await work.raw())
        # Processes see the events at their next sweep of all streams, 1.5 s later at most.
        return await end_dead(lambda: open_unit_of_work(database), Log(MemoryBus()))

    count = run_on_database(settings.db, run)
    typer.echo(f"the key is new; {count} subscriptions have ended, and their devices must subscribe again")
