"""`python manage.py attachments ...`"""

import typer

from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.modules.attachments_module.errors import StoreUnavailable
from app.modules.attachments_module.services import ownership
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.settings import AttachmentSettings
from app.settings import load_settings, with_own
from app.utils.confirmation import Yes, confirm

commands = typer.Typer(no_args_is_help=True, name="attachments", help="The store of files.")


@commands.callback()
def _group() -> None:
    """Without it Typer would make the only command the group itself."""


@commands.command()
def adopt(yes: Yes = False) -> None:
    """Give the store of files to this database, after a restore or a move.

    From then on its server deletes the objects that it has no files for. Another database must not use the store.
    """
    settings = with_own(load_settings(), [AttachmentSettings])
    group = settings.of(AttachmentSettings)
    confirm(settings.app.environment, f"Give {group.store} to database {settings.db.server_db}?", yes)

    async def run(database: Database) -> None:
        async with database.connection() as connection:
            await ownership.adopt(FileStore(group), connection)

    try:
        run_on_database(settings.db, run)
    except StoreUnavailable as error:
        raise typer.BadParameter(f"the store cannot be written: {error.__cause__}") from None
    typer.echo(f"{group.store} belongs to this database now")
