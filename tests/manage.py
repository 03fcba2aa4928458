"""Runs `python manage.py` inside the tests, on a test's database."""

from functools import partial
from tempfile import gettempdir

from anyio import to_thread
from typer.testing import CliRunner, Result

from app.adapters.db.address import DatabaseAddress
from app.commands.manage import program
from tests.processes import KNOWN_VARIABLES


def variables_for(address: DatabaseAddress) -> dict[str, str]:
    """Returns the settings of a server on this database, with a cheap password hash."""
    return address.variables() | {
        "AUTH_ARGON2_TIME_COST": "1",
        "AUTH_ARGON2_MEMORY_COST": "8",
        "AUTH_ARGON2_PARALLELISM": "1",
        "ENVIRONMENT": "LOCAL",
        # Not the files of this machine.
        "ATTACHMENT_STORE": f"file://{gettempdir()}/no-files-of-tests-{address.database}",
    }


async def manage(address: DatabaseAddress, *arguments: str, typed: str = "", **variables: str) -> Result:
    """Returns what the command printed, and its exit code. Runs in a thread: a command has an event loop of its own."""
    nothing: dict[str, str | None] = dict.fromkeys(KNOWN_VARIABLES)
    run = partial(
        CliRunner().invoke,
        program,
        list(arguments),
        input=typed,
        env={**nothing, **variables_for(address), **variables, "COLUMNS": "120"},
    )
    return await to_thread.run_sync(run)
