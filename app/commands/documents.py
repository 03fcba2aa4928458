"""`python manage.py docs`, `openapi` and `schema`, which write the generated documents."""

import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from app.commands.drawing import draw_dot
from app.commands.generated import DOT, OPENAPI, PAGE, make_documents, openapi_text, read_tables, with_tables
from app.settings import PROJECT_ROOT, load_settings, without_environment
from app.utils.own_settings import load_all_settings
from app.utils.setup_modules import discover_modules

commands = typer.Typer()

PICTURE = DOT.with_suffix(".png")


@commands.command()
def docs(
    check: Annotated[
        bool, typer.Option("--check", help="write nothing; exit with status 1 if a document is stale")
    ] = False,
) -> None:
    """Write all generated documents, for the modules that are on by default."""
    stale = [(path, text) for path, text in make_documents().items() if _read(path) != text]
    for path, text in stale:
        if check:
            typer.echo(f"{_shown(path)} is stale: run `python manage.py docs`", err=True)
            continue
        if path == DOT:
            # Drawn before the text is written: if graphviz is missing, the text stays stale and `--check` reports it.
            _draw(text)
        path.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {_shown(path)}")
    if check and stale:
        raise typer.Exit(1)


@commands.command()
def openapi(
    stdout: Annotated[
        bool, typer.Option("--stdout", help="print the document of the API with the settings of this server")
    ] = False,
) -> None:
    """Write the OpenAPI document to docs/openapi.json, with the default settings."""
    if stdout:
        typer.echo(openapi_text(load_all_settings(discover_modules())), nl=False)
        return
    with without_environment():
        text = openapi_text(load_settings(env_file=None))
    OPENAPI.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {_shown(OPENAPI)}")


@commands.command()
def schema() -> None:
    """Draw the tables: docs/images/db_schema.png (requires graphviz) and the diagrams in docs/database.md."""
    tables = read_tables()
    dot = draw_dot(tables)
    _draw(dot)
    DOT.write_text(dot, encoding="utf-8")
    PAGE.write_text(with_tables(tables), encoding="utf-8")
    typer.echo(f"wrote {_shown(PICTURE)}, {_shown(DOT)}, {_shown(PAGE)}")


def _draw(dot: str) -> None:
    if shutil.which("dot") is None:
        raise typer.BadParameter("the program `dot` is missing: apt-get install graphviz")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["dot", "-Tpng", "-Gdpi=96", "-o", PICTURE], input=dot.encode(), check=True)  # noqa: S603, S607


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _shown(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()
