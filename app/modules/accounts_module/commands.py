"""`python manage.py account ...`"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.constraints import violated_constraint
from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.errors import CONSTRAINT_ERRORS
from app.modules.accounts_module.schemas import AccountSignedUp, Email, Password, SignUp
from app.modules.accounts_module.services import administration
from app.modules.accounts_module.services.erasure import ERASE, request_erasure
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.jobs_module.extension import Jobs
from app.modules.streams_module.services.log import Log
from app.services.errors import ValidationFailed
from app.settings import load_settings
from app.utils.confirmation import Yes, confirm
from app.utils.setup_modules import enabled_modules

commands = typer.Typer(
    no_args_is_help=True,
    name="account",
    help="Accounts: create one or an administrator, reset a password, change an email, erase an account.",
)

NewPassword = Annotated[
    str,
    typer.Option(
        prompt=True,
        confirmation_prompt=True,
        hide_input=True,
        envvar="ACCOUNT_PASSWORD",
        help="8 characters or more, and not a common password; prompted for if omitted, which keeps it out of "
        "the process list",
    ),
]


GivenEmail = Annotated[str, typer.Option(prompt=True, envvar="ACCOUNT_EMAIL", help="prompted for if omitted")]
GivenUsername = Annotated[
    str,
    typer.Option(prompt=True, envvar="ACCOUNT_USERNAME", help="3 to 32 of a-z, 0-9, _ and .; prompted for if omitted"),
]


@commands.command("create")
def create(email: GivenEmail, username: GivenUsername, password: NewPassword) -> None:
    """Create an account, also where AUTH_SIGN_UP does not let its owner sign up."""
    account = _create(email, username, password, is_admin=False)
    typer.echo(f"account {account.username} created: {account.id}")


@commands.command("create-admin")
def create_admin(email: GivenEmail, username: GivenUsername, password: NewPassword) -> None:
    """Create an account that is a server admin."""
    account = _create(email, username, password, is_admin=True)
    typer.echo(f"administrator {account.username} created: {account.id}")


def _create(email: str, username: str, password: str, *, is_admin: bool) -> AccountSignedUp:
    with _refusing():
        request = SignUp(email=email, username=username, password=password)
    settings = load_settings()

    async def run(database: Database) -> AccountSignedUp:
        async with open_unit_of_work(database) as work:
            # A stream that has just been created has no readers yet, so no notification is needed.
            log = Log(MemoryBus())
            return await administration.create(work, log, Passwords(settings.auth), request, is_admin=is_admin)

    with _refusing():
        return run_on_database(settings.db, run)


@commands.command("reset-password")
def reset_password(
    login: Annotated[str, typer.Argument(help="username or email")],
    password: NewPassword,
) -> None:
    """Set a new password of an account and end all its sessions."""
    with _refusing("password"):
        TypeAdapter(Password).validate_python(password)
    settings = load_settings()
    modules = enabled_modules(settings.modules.enabled_modules)

    async def reset(database: Database) -> int:
        async with open_unit_of_work(database) as work:
            # Processes see the event at their next sweep of all streams, 1.5 s later at most.
            log = Log(MemoryBus())
            return await administration.reset_password(work, log, modules, Passwords(settings.auth), login, password)

    with _refusing():
        ended = run_on_database(settings.db, reset)
    typer.echo(f"{login} has a new password; {ended} sessions were ended")


@commands.command("change-email")
def change_email(
    login: Annotated[str, typer.Argument(help="username or email")],
    email: Annotated[str, typer.Argument(help="new email address")],
) -> None:
    """Change the email of an account."""
    with _refusing("email"):
        TypeAdapter(Email).validate_python(email)
    settings = load_settings()
    modules = enabled_modules(settings.modules.enabled_modules)

    async def change(database: Database) -> None:
        async with open_unit_of_work(database) as work:
            await administration.change_email(work, Log(MemoryBus()), modules, login, email)

    with _refusing():
        run_on_database(settings.db, change)
    typer.echo(f"{login} now has the email {email}")


class KeepOrDelete(StrEnum):
    """What happens to the messages of an account that is erased."""

    KEEP = "keep"
    DELETE = "delete"


@commands.command("erase")
def erase(
    username: Annotated[str, typer.Argument(help="username; that of an erased account is deleted-ID")],
    messages: Annotated[
        KeepOrDelete, typer.Option(help="keep: the messages stay without a name; delete: they are deleted")
    ] = KeepOrDelete.KEEP,
    yes: Yes = False,
) -> None:
    """Erase an account for good: its personal data, its sessions, its memberships. A running server does the work."""
    settings = load_settings()
    confirm(settings.app.environment, f"Erase {username} for good, and {messages.value} the messages?", yes)

    async def enqueue(database: Database) -> UUID:
        async with open_unit_of_work(database) as work:
            return await request_erasure(work, Jobs([ERASE]), username, messages.value)

    account_id = run_on_database(settings.db, enqueue)
    typer.echo(
        f"the erasure of {username} ({account_id}) is enqueued: a running server starts it within a second, "
        "`python manage.py jobs list` shows accounts.erase until it is done"
    )


@contextmanager
def _refusing(field: str = "") -> Iterator[None]:
    """Raises BadParameter for a value that is not valid, and EmailTaken or UsernameTaken for one that is taken.

    `field` is the name of the value if the block checks a single one.
    """
    try:
        yield
    except ValidationError as error:
        raise typer.BadParameter(_explain(error.errors()[0], field)) from None
    except ValidationFailed as error:
        raise typer.BadParameter(_explain(error.extra["errors"][0], field)) from None
    except Exception as error:
        refusal = CONSTRAINT_ERRORS.get(violated_constraint(error) or "")
        if refusal is None:
            raise
        raise refusal from None


def _explain(error: Mapping[str, Any], field: str) -> str:
    return f"{field or error['loc'][-1]}: {error['msg'].removeprefix('Value error, ')}"
