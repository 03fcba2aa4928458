"""The current texts of the generated documents."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import orjson
from sqlalchemy import Table

from app.adapters.db.base import Base
from app.adapters.db.migrations.heads import branches
from app.commands.drawing import draw_dot, draw_mermaid
from app.commands.extensions import command_files
from app.commands.tables import tabulate_errors, tabulate_events, tabulate_metrics
from app.fastapi_engine.constructor import build_app
from app.resources.constants import DOCS_DIR
from app.settings import PROJECT_ROOT, Settings, load_settings, without_environment
from app.settings.describe import describe_settings, tabulate_settings
from app.settings.modules_settings import ModulesSettings
from app.utils.nouns import owner_of
from app.utils.own_settings import own_groups
from app.utils.setup_modules import discover_modules, enabled_modules

OPENAPI = DOCS_DIR / "openapi.json"
DOT = DOCS_DIR / "images" / "db_schema.dot"
METRICS = DOCS_DIR / "metrics.md"
PAGE = DOCS_DIR / "database.md"


@without_environment()
def make_documents(*, added: bool = True) -> Mapping[Path, str]:
    """Returns the current text of each generated document, for a new server with the modules enabled by default.

    `added` includes modules created here by `module create`.
    """
    settings = load_settings(env_file=None)
    settings = replace(settings, modules=ModulesSettings(enabled_modules=("BASE",)))
    if not added:
        settings = without_added_modules(settings)
    modules = enabled_modules(settings.modules.enabled_modules)
    own = tuple(own_groups(modules))
    tables = read_tables(added=added)
    of_modules: Mapping[str, Callable[[Settings], str]] = {
        path: make for file in command_files() for path, make in getattr(file, "documents", {}).items()
    }
    return {
        PROJECT_ROOT / ".env.example": describe_settings(own),
        **{
            PROJECT_ROOT / name: with_part(PROJECT_ROOT / name, "settings", tabulate_settings(own, in_russian=russian))
            for name, russian in (("README.md", False), ("README.ru.md", True))
        },
        **{
            DOCS_DIR / name: with_part(DOCS_DIR / name, "errors", tabulate_errors(modules, in_russian=russian))
            for name, russian in (("errors.md", False), ("errors.ru.md", True))
        },
        **{
            DOCS_DIR / name: with_part(DOCS_DIR / name, "events", tabulate_events(modules, in_russian=russian))
            for name, russian in (("realtime.md", False), ("realtime.ru.md", True))
        },
        METRICS: with_part(METRICS, "metrics", tabulate_metrics()),
        OPENAPI: openapi_text(settings),
        **{PROJECT_ROOT / path: make(settings) for path, make in of_modules.items()},
        PAGE: with_tables(tables),
        # The last one, because its picture needs graphviz.
        DOT: draw_dot(tables),
    }


def openapi_text(settings: Settings) -> str:
    """Returns the OpenAPI document of the application with these settings."""
    document = build_app(settings).openapi()
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def without_added_modules(settings: Settings) -> Settings:
    """Returns the settings without the modules created here by `module create`, which their authors may document."""
    names = ("BASE", *(f"-{name}" for name in sorted(branches())))
    return replace(settings, modules=ModulesSettings(enabled_modules=names))


def read_tables(*, added: bool = True) -> dict[str, Table]:
    """Returns the tables of all modules on disk by name. `added` includes modules created by `module create`."""
    discover_modules()
    left_out = frozenset() if added else branches()
    return {name: table for name, table in sorted(Base.metadata.tables.items()) if owner_of(name, left_out) is None}


def with_tables(tables: Mapping[str, Table]) -> str:
    """Returns docs/database.md with a new diagram."""
    return with_part(PAGE, "tables", f"```mermaid\n{draw_mermaid(tables)}```\n")


def with_part(page: Path, name: str, part: str) -> str:
    """Returns the page with `part` between its comments `<!-- name: ... -->` and `<!-- end of name -->`.

    If `part` is the rows of a table, the table's head is kept. Raises ValueError if the page has no such comments.
    """
    text = page.read_text(encoding="utf-8")
    pattern = rf"(<!-- {name}: [^\n]*-->\n(?:\n?\|[^\n]*\n\|[-|]+\n)?).*?(?<=\n)(?=\n?<!-- end of {name} -->\n)"
    renewed, count = re.subn(pattern, lambda found: found[1] + part, text, count=1, flags=re.DOTALL)
    if count == 0:
        raise ValueError(f"{page} has no part {name!r} between comments")
    return renewed
