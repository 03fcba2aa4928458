"""How commands ask before they destroy."""

from typing import Annotated

import typer

from app.settings.app_settings import Mode

Yes = Annotated[bool, typer.Option("--yes", help="do not ask for confirmation; required in PROD")]


def confirm(environment: Mode, question: str, yes: bool) -> None:
    """Whatever destroys asks first, and in PROD wants to be told beforehand."""
    if yes:
        return
    if environment is Mode.PROD:
        raise typer.BadParameter("ENVIRONMENT=PROD requires --yes")
    typer.confirm(question, abort=True)
