"""The confirmation that destructive commands ask for."""

from typing import Annotated

import typer

from app.settings.app_settings import Mode

Yes = Annotated[bool, typer.Option("--yes", help="do not ask for confirmation; required in PROD")]


def confirm(environment: Mode, question: str, yes: bool) -> None:
    """Asks for a confirmation unless `yes` is True. Ends the command if it is refused; in PROD requires `yes`."""
    if yes:
        return
    if environment is Mode.PROD:
        raise typer.BadParameter("ENVIRONMENT=PROD requires --yes")
    typer.confirm(question, abort=True)
