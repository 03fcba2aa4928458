"""All commands under one program."""

import typer
from alembic.util import CommandError

from app.adapters.db.embedded import EmbeddedPostgresError
from app.adapters.db.migrations.commands import NoSuchBranch
from app.adapters.db.migrations.heads import DatabaseIsNewer
from app.commands import database, modules
from app.settings import SettingsError
from app.utils.err_message import stop_with
from app.utils.module_creator import CreatorError
from app.utils.setup_modules import ModulesError

program = typer.Typer(no_args_is_help=True, add_completion=False, help="Manages a messenger server.")
program.add_typer(database.commands, name="db", help="The database: make it, migrate it, throw it away.")
program.add_typer(modules.commands, name="module", help="Modules: make one, throw one away.")

_FOR_A_PERSON = (
    CommandError,
    CreatorError,
    DatabaseIsNewer,
    EmbeddedPostgresError,
    ModulesError,
    NoSuchBranch,
    SettingsError,
)


def main() -> None:
    """Runs the command that was typed. What a person can mend is told in one line."""
    try:
        program()
    except _FOR_A_PERSON as error:
        stop_with(str(error))
