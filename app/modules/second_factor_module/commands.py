"""`python manage.py second-factor ...`"""

from typing import Annotated

import typer

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.errors import AccountNotFound
from app.modules.accounts_module.services.accounts import find_account_id
from app.modules.second_factor_module.services import factors
from app.modules.streams_module.services.log import Log
from app.settings import load_settings

commands = typer.Typer(no_args_is_help=True, name="second-factor", help="Second factors of accounts.")


@commands.callback()
def _group() -> None:
    """Without it Typer would make the only command the group itself."""


@commands.command()
def remove(username: Annotated[str, typer.Argument(help="username of the account")]) -> None:
    """Remove the second factor of an account whose owner has lost it."""
    settings = load_settings()

    async def run(database: Database) -> bool:
        async with open_unit_of_work(database) as work:
            account_id = await find_account_id(await work.raw(), username)
            if account_id is None:
                raise AccountNotFound
            # Processes see the event at their next sweep of all streams, 1.5 s later at most.
            return await factors.remove(work, Log(MemoryBus()), account_id)

    removed = run_on_database(settings.db, run)
    typer.echo(f"{username} signs in with the password only" if removed else f"{username} has no second factor")
