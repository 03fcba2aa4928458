"""`python manage.py mail ...`"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer
from aiosmtplib.errors import SMTPException

from app.modules.mail_module.extension import Letter
from app.modules.mail_module.services.composing import OWN, compose
from app.modules.mail_module.services.smtp import MailRefused, transmit
from app.modules.mail_module.settings import MailSettings
from app.settings import load_settings, with_own

commands = typer.Typer(no_args_is_help=True, name="mail", help="Try the mail server.")


@commands.callback()
def _group() -> None:
    """Without it Typer would make the only command the group itself."""


@commands.command()
def test(address: Annotated[str, typer.Argument(help="where the mail goes")]) -> None:
    """Send a test mail now, and say what the mail server answers."""
    settings = with_own(load_settings(), [MailSettings]).of(MailSettings)
    if settings.server is None:
        raise typer.BadParameter("MAIL_URL is not set")
    try:
        message = compose(settings, uuid4(), OWN, Letter(address, "test"), datetime.now(UTC))
    except ValueError as error:
        raise typer.BadParameter(f"{address}: {error}") from None
    try:
        asyncio.run(transmit(settings, message))
    except (MailRefused, SMTPException, OSError) as error:
        typer.echo(f"not sent: {type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{settings.server[0]} took the mail to {address}, {message['Message-ID']}")
