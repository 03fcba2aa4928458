"""The program `manage.py`: the commands of the core, and those in the modules' files `commands.py`."""

import signal
from types import FrameType

import typer
from alembic.util import CommandError

from app.adapters.db.diagnosis import DatabaseNotReady
from app.adapters.db.embedded import EmbeddedPostgresError
from app.adapters.db.migrations.commands import NoSuchBranch
from app.adapters.db.migrations.heads import DatabaseIsNewer
from app.commands import database, doctor, documents, modules, worker
from app.commands.extensions import command_files
from app.services.errors import ServiceError
from app.settings import SettingsError
from app.utils.err_message import stop_with
from app.utils.module_creator import CreatorError
from app.utils.setup_modules import ModulesError

program = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Manage a messenger server. Settings are read from the environment and .env, as by the server.",
)
program.add_typer(database.commands, name="db", help="Create, migrate, fill, back up, restore and drop the database.")
program.add_typer(modules.commands, name="module", help="Create and remove modules.")
program.add_typer(doctor.commands)
program.add_typer(documents.commands)
program.add_typer(worker.commands)
for file in command_files():
    program.add_typer(file.commands)

_USAGE_ERRORS = (
    CommandError,
    CreatorError,
    DatabaseIsNewer,
    DatabaseNotReady,
    EmbeddedPostgresError,
    ModulesError,
    NoSuchBranch,
    ServiceError,
)


def main() -> None:
    """Runs the command of the command line. Prints one line for an error that an operator can correct."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        # `nohup` ignores SIGHUP.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        program()
    except SettingsError as error:
        stop_with(*error.problems)
    except _USAGE_ERRORS as error:
        stop_with(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        stop_with(f"{error.filename}: {error.strerror}")


def _end(number: int, frame: FrameType | None) -> None:
    """Raises SystemExit. By default the signal would end the process without `finally`, and leave what it has begun."""
    # `timeout` sends it twice, and systemd SIGHUP after SIGTERM: the second one would interrupt `finally`.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: None)
    raise SystemExit(128 + number)
