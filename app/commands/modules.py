"""The commands `python manage.py module ...`."""

from typing import Annotated

import typer

from app.adapters.db.migrations import commands as migrations
from app.adapters.db.servers import direct_server
from app.settings import load_settings
from app.utils.confirmation import Yes, confirm
from app.utils.module_creator import ModuleCreator, ModuleRemover

commands = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="such as some_module; _module is added if it is missing")]


@commands.command()
def create(name: Name) -> None:
    """Create a module: routes, a table with its migration, tests."""
    creator = ModuleCreator(name)
    creator.create()
    typer.echo(f"-> Модуль {creator.folder.name} успешно создан!")


@commands.command()
def remove(name: Name, yes: Yes = False) -> None:
    """Remove a module that was created here: its files, and its table with all data."""
    settings = load_settings()
    remover = ModuleRemover(name)
    confirm(settings.app.environment, f"Remove {remover.folder.name} with its files and its tables?", yes)
    with direct_server(settings.db) as address:
        migrations.downgrade_module(address, remover.name)
    remover.remove()
    typer.echo(f"module {remover.folder.name} removed")
