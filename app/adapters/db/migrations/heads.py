"""The revisions of the migrations on disk, read without importing Alembic: a server process only compares them.

The main chain has ids of twelve hexadecimal digits. A module created by `create_module.py` has its own branch, whose
ids are the module's name and a number: `shop_0001`. No revision of one branch depends on another branch. So a module
can be removed with its files, and its revisions in a database can be distinguished from those of newer code.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from app.resources.constants import MIGRATIONS_DIR

if TYPE_CHECKING:
    from app.adapters.db.connection import DatabaseConnection

_REVISION = re.compile(r"^revision(?:\s*:\s*[^=]+)?\s*=\s*['\"](\w+)['\"]", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision(?:\s*:\s*[^=]+)?\s*=\s*(.+)$", re.MULTILINE)
_OF_MODULE = re.compile(r"([a-z][a-z0-9_]*)_\d{4}")


class DatabaseIsNewer(Exception):
    """The database knows migrations that this code does not have. The message is one line."""


@cache
def known_revisions() -> dict[str, frozenset[str]]:
    """Returns every revision on disk with the revisions that it follows."""
    revisions: dict[str, frozenset[str]] = {}
    for path in (MIGRATIONS_DIR / "versions").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        revision, down = _REVISION.search(text), _DOWN_REVISION.search(text)
        if revision:
            revisions[revision[1]] = frozenset(re.findall(r"['\"](\w+)['\"]", down[1])) if down else frozenset()
    return revisions


@cache
def known_heads() -> frozenset[str]:
    """Returns the revisions that no other one follows."""
    revisions = known_revisions()
    return frozenset(revisions).difference(*revisions.values())


async def is_current(connection: "DatabaseConnection") -> bool:
    """Returns True if the database has all migrations of this code. Raises DatabaseIsNewer."""
    revisions = await applied_revisions(connection)
    removed_modules(revisions)
    return known_heads() <= revisions


async def can_be_served(connection: "DatabaseConnection") -> bool:
    """Returns True if the database has all migrations of this code.

    It may have those of newer code too: during an upgrade the old processes serve until they are replaced.
    """
    revisions = await applied_revisions(connection)
    continued = {module_of(revision) for revision in revisions - known_revisions().keys()}
    return all(head in revisions or module_of(head) in continued for head in known_heads())


async def applied_revisions(connection: "DatabaseConnection") -> set[str]:
    """Returns the newest revision of each branch in a database: none in one that was never migrated."""
    exists = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    rows = await connection.fetch("SELECT version_num FROM alembic_version") if exists else []
    return {row["version_num"] for row in rows}


def module_of(revision: str) -> str | None:
    """Returns the module to whose branch a revision belongs; None for the main chain."""
    found = _OF_MODULE.fullmatch(revision)
    return found[1] if found else None


def head_of(module: str | None) -> str | None:
    """Returns the newest revision of a module's branch, or of the main chain; None if there is no such branch."""
    return next((head for head in sorted(known_heads()) if module_of(head) == module), None)


def branches() -> frozenset[str]:
    """Returns the modules that have their own branch."""
    return frozenset(name for revision in known_revisions() if (name := module_of(revision)))


def removed_modules(revisions: Iterable[str]) -> frozenset[str]:
    """Returns the modules that a database with these revisions has tables of and whose files are gone.

    Raises DatabaseIsNewer for a revision that is unknown for any other reason.
    """
    removed: set[str] = set()
    for revision in set(revisions) - known_revisions().keys():
        module = module_of(revision)
        if module is None or module in branches():
            raise DatabaseIsNewer(
                f"the database was migrated by newer code, to revision {revision}, which is not in "
                "app/adapters/db/migrations/versions: bring the code up to date, or restore an older backup"
            )
        removed.add(module)
    return frozenset(removed)
