"""`python manage.py catalogues ...`"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from app.adapters.db.database import Database
from app.adapters.db.run import run_on_database
from app.adapters.db.unit_of_work import UnitOfWork, open_unit_of_work
from app.modules.catalogues_module.db.cruds.items import list_items
from app.modules.catalogues_module.errors import CatalogueItemNotFound
from app.modules.catalogues_module.schemas import CatalogueItemCreate, CatalogueItemUpdate
from app.modules.catalogues_module.services import items
from app.modules.catalogues_module.services.cache import CatalogueCache
from app.resources.constants import MAX_PAGE
from app.settings import load_settings
from app.utils.confirmation import Yes, confirm
from app.utils.setup_modules import discover_modules

T = TypeVar("T")

commands = typer.Typer(no_args_is_help=True, name="catalogues", help="Show catalogues and change their items.")

Name = Annotated[str, typer.Argument(help="name of the catalogue, such as countries")]
Key = Annotated[str, typer.Argument(help="key of the item, such as RU")]


@commands.command("list")
def list_all() -> None:
    """List the catalogues with the number of items in each."""
    page = _run(lambda _, cache: cache.page(None, MAX_PAGE))
    _print(["name", "items"], [[catalogue.name, str(catalogue.count)] for catalogue in page.items])


@commands.command()
def show(name: Name) -> None:
    """Print a catalogue in both languages."""
    rows = _run(lambda work, cache: list_items(work.session, cache.model(name)))
    _print(
        ["position", "key", "ru", "en", "active"],
        [[str(row.position), row.key, row.value_ru, row.value_en, "yes" if row.is_active else "no"] for row in rows],
    )


@commands.command("set")
def set_item(
    name: Name,
    key: Key,
    ru: Annotated[str | None, typer.Option(help="value in Russian")] = None,
    en: Annotated[str | None, typer.Option(help="value in English")] = None,
    position: Annotated[int | None, typer.Option(help="position; a new item is last")] = None,
    active: Annotated[
        bool | None, typer.Option(help="whether the item is offered; an inactive item is still shown where it is used")
    ] = None,
) -> None:
    """Change or add an item. A new item requires --ru and --en. Running servers show it within a second."""
    given: dict[str, Any] = {"value_ru": ru, "value_en": en, "position": position, "is_active": active}
    given = {field: value for field, value in given.items() if value is not None}

    async def change(work: UnitOfWork, cache: CatalogueCache) -> str:
        try:
            await items.update_item(work, cache, name, key, CatalogueItemUpdate(**given))
            return "changed"
        except CatalogueItemNotFound:
            await items.add_item(work, cache, name, CatalogueItemCreate(key=key, **given))
            return "added"

    try:
        done = _run(change)
    except ValidationError as error:
        raise typer.BadParameter(_explain(error)) from None
    typer.echo(f"{key} was {done}")


@commands.command()
def remove(name: Name, key: Key, yes: Yes = False) -> None:
    """Delete an item. If other data refers to it, set --no-active instead."""
    confirm(load_settings().app.environment, f"Delete {key} from {name}?", yes)
    _run(lambda work, cache: items.delete_item(work, cache, name, key))
    typer.echo(f"{key} was deleted")


def _run(action: Callable[[UnitOfWork, CatalogueCache], Awaitable[T]]) -> T:
    modules = discover_modules().values()  # also those that are switched off

    async def run(database: Database) -> T:
        async with open_unit_of_work(database) as work:
            return await action(work, CatalogueCache(database, modules))

    return run_on_database(load_settings().db, run)


def _print(head: list[str], rows: list[list[str]]) -> None:
    table = Table(*head, box=None)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    place = str(first["loc"][0]).removeprefix("value_")
    return f"{place}: {first['msg'].removeprefix('Value error, ')}"
