"""`python manage.py module ...`"""

from typing import Annotated

import typer

from app.adapters.db.migrations import commands as migrations
from app.adapters.db.provide import database_server
from app.settings import load_settings
from app.utils.asking import Yes, ask
from app.utils.module_creator import ModuleCreator, ModuleRemover

commands = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="as some_module; _module is added where it is missing")]


@commands.command()
def create(name: Name) -> None:
    """Make a module: routes, a table with its migration, tests."""
    creator = ModuleCreator(name)
    creator.create()
    typer.echo(f"-> Модуль {creator.folder.name} успешно создан!")


@commands.command()
def remove(name: Name, yes: Yes = False) -> None:
    """Throw a module that was made here away: its files, and its table with all that is in it."""
    settings = load_settings()
    remover = ModuleRemover(name)
    ask(settings.app.environment, f"Throw {remover.folder.name} away, with its files and its tables?", yes)
    with database_server(settings.db) as address:
        migrations.withdraw(address, remover.name)
    remover.remove()
    typer.echo(f"module {remover.folder.name} is gone")
