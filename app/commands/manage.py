"""All commands under one program."""

import typer

from app.adapters.db.embedded import EmbeddedPostgresError
from app.commands import database
from app.settings import SettingsError
from app.utils.err_message import stop_with
from app.utils.setup_modules import ModulesError

program = typer.Typer(no_args_is_help=True, add_completion=False, help="Manages a messenger server.")
program.add_typer(database.commands, name="db", help="The database: make it, migrate it, throw it away.")


def main() -> None:
    """Runs the command that was typed. What a person can mend is told in one line."""
    try:
        program()
    except (SettingsError, ModulesError, EmbeddedPostgresError) as error:
        stop_with(str(error))
