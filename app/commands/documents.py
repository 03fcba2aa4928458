"""`python manage.py openapi` and `schema`: what is written down out of the code, and kept beside it."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import orjson
import typer
from sqlalchemy import Table

from app.adapters.db.base import Base
from app.adapters.db.migrations.heads import branches
from app.commands.drawing import draw_dot, draw_mermaid
from app.fastapi_engine.constructor import build_app
from app.resources.constants import DOCS_DIR
from app.settings import Settings, load_settings
from app.settings.modules_settings import ModulesSettings
from app.utils.setup_modules import discover_modules

commands = typer.Typer()

OPENAPI = DOCS_DIR / "openapi.json"
DOT = DOCS_DIR / "images" / "db_schema.dot"
PICTURE = DOCS_DIR / "images" / "db_schema.png"
PAGE = DOCS_DIR / "database.md"
_BEGIN, _END = "<!-- the tables, by `python manage.py schema` -->\n", "<!-- the end of the tables -->\n"


@commands.command()
def openapi(
    stdout: Annotated[bool, typer.Option("--stdout", help="print it, of the API as it is set up here")] = False,
) -> None:
    """Write the API's document to docs/openapi.json, as a newcomer's settings have it."""
    if stdout:
        typer.echo(openapi_text(load_settings()), nl=False)
        return
    OPENAPI.write_text(openapi_text(load_settings(env_file=None)), encoding="utf-8")
    typer.echo(f"wrote {_shown(OPENAPI)}")


@commands.command()
def schema() -> None:
    """Draw the tables: docs/images/db_schema.png (needs graphviz) and the part of docs/database.md."""
    if shutil.which("dot") is None:
        raise typer.BadParameter("there is no program `dot`: apt-get install graphviz")
    tables = read_tables()
    dot = draw_dot(tables)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dot", "-Tpng", "-Gdpi=96", "-o", PICTURE], input=dot.encode(), check=True)  # noqa: S603, S607
    DOT.write_text(dot, encoding="utf-8")
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), draw_mermaid(tables)), encoding="utf-8")
    typer.echo(f"wrote {_shown(PICTURE)}, {_shown(DOT)}, {_shown(PAGE)}")


def openapi_text(settings: Settings) -> str:
    """The document of the application that these settings make."""
    document = build_app(settings).openapi()
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def without_added_modules(settings: Settings) -> Settings:
    """Without the modules made here by `module create`: whether they are written down is their maker's choice."""
    names = ("BASE", *(f"-{name}" for name in sorted(branches())))
    return replace(settings, modules=ModulesSettings(enabled_modules=names))


def read_tables(*, added: bool = True) -> dict[str, Table]:
    """The tables of all modules on disk, by name; with or without those of modules made here by `module create`."""
    discover_modules()
    left_out = () if added else tuple(f"{name}_" for name in branches())
    return {name: table for name, table in sorted(Base.metadata.tables.items()) if not f"{name}_".startswith(left_out)}


def with_tables(page: str, mermaid: str) -> str:
    """The page with its drawn part renewed."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}```mermaid\n{mermaid}```\n{_END}{after}"


def _shown(path: Path) -> str:
    return path.relative_to(DOCS_DIR.parent).as_posix()
