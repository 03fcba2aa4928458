"""A module: which names it may have, and where its files go."""

import keyword
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from app.resources.constants import BASE_MODULE, MIGRATIONS_DIR, MODULE_SUFFIX, MODULES_DIR
from app.utils.module_creator.base_creator import BaseCreator, CreatorError

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 24
"""The first migration is called by the name and five characters more; Alembic keeps 32."""
_RESERVED = {BASE_MODULE, "docs", "metrics", "openapi", "ws"}
"""What `BASE` means to the settings, and the first words of addresses that are not a module's."""
_AMBIGUOUS = re.compile(rf"{MODULE_SUFFIX}$|_\d{{4}}$")
"""`shop_0001` is the first migration of `shop`."""
_LINE = 120

_TABLE = re.compile(r"(?:__tablename__\s*=|create_table\()\s*\"(\w+)\"")
_BRANCH_MIGRATION = re.compile(r"\d{8}_(\w+)_\d{4}_")
_ADDRESS = re.compile(r"prefix=\"/([\w-]+)")


class ModuleCreator(BaseCreator):
    """A module with one table, its five routes, their tests, and a migration that stands on its own.

    Raises CreatorError for a name that cannot be: `shop` and `shop_module` are the same one.
    """

    def __init__(self, name: str) -> None:
        self.name = name.removesuffix(MODULE_SUFFIX)
        _check_spelling(self.name)
        self.folder = MODULES_DIR / f"{self.name}{MODULE_SUFFIX}"
        self._made_at = datetime.now(UTC)
        self._check_free()

    @property
    def revision(self) -> str:
        """The same for the same name: a module that is removed and made again finds its table as it was."""
        return f"{self.name}_0001"

    def targets(self) -> Mapping[str, Path]:
        migration = f"{self._made_at:%Y%m%d}_{self.revision}_first_table.py"
        return {"migration.py.jinja": MIGRATIONS_DIR / "versions" / migration, "module": self.folder}

    def context(self) -> Mapping[str, object]:
        words = self.name.split("_")
        return {
            "name": self.name,
            "package": f"app.modules.{self.folder.name}",
            "path": "-".join(words),
            "title": " ".join(words).capitalize(),
            "item": "".join(word.capitalize() for word in words) + "Item",
            "table": f"{self.name}_item",
            "revision": self.revision,
        }

    def finish(self, text: str) -> str:
        """Imports in the order and the form that the formatter gives them: both depend on the name."""
        lines: list[str] = []
        imports: list[str] = []
        for line in text.splitlines(keepends=True):
            if line.startswith("from app."):
                imports.append(line)
                continue
            lines += _arranged(imports)
            imports = []
            lines.append(line)
        return "".join(lines + _arranged(imports))

    def _check_free(self) -> None:
        if self.folder.exists():
            raise CreatorError(
                f"Модуль {self.folder.name} уже есть: app/modules/{self.folder.name} / "
                f"Module {self.folder.name} already exists: app/modules/{self.folder.name}"
            )
        table = next((table for table in sorted(_tables()) if self._would_own(table)), None)
        if table is not None:
            raise CreatorError(
                f"Название {self.name} занято: таблица {table} уже есть / "
                f"The name {self.name} is taken: table {table} exists already"
            )
        path = self.name.replace("_", "-")
        if path in _addresses():
            raise CreatorError(
                f"Название {self.name} занято: адрес /{path} уже есть / "
                f"The name {self.name} is taken: address /{path} exists already"
            )

    def _would_own(self, table: str) -> bool:
        """A table belongs to a module by its name's beginning: a module `chat` would take `chat_member` away."""
        return table == f"{self.name}_item" or (table in _main_tables() and f"{table}_".startswith(f"{self.name}_"))


def _check_spelling(name: str) -> None:
    if not name:
        raise CreatorError("Название пустое: нужно, например, some_module / The name is empty: write some_module, say")
    if not _NAME.fullmatch(name):
        raise CreatorError(
            f"Название {name[:40]!r} не подходит: строчные латинские буквы, цифры и _ между ними, первая буква / "
            f"The name {name[:40]!r} is not allowed: lower-case Latin letters, digits and single _, a letter first"
        )
    if len(name) > _LONGEST:
        raise CreatorError(
            f"Название длиннее {_LONGEST} символов: {name} / The name is longer than {_LONGEST} characters: {name}"
        )
    if keyword.iskeyword(name) or keyword.iskeyword(name + MODULE_SUFFIX):
        raise CreatorError(
            f"Название {name} — ключевое слово языка Python / The name {name} is a keyword of the Python language"
        )
    if name in _RESERVED or _AMBIGUOUS.search(name):
        raise CreatorError(f"Название {name} зарезервировано / The name {name} is reserved")


def _tables() -> set[str]:
    """Read from the files: importing all modules would take seconds, and fail with any of them."""
    return _found(_TABLE, (*MODULES_DIR.glob("*/db/models/**/*.py"), *MIGRATIONS_DIR.glob("versions/*.py")))


def _main_tables() -> set[str]:
    """Those of the project's own modules, whose migrations stand in the main chain."""
    names = [path.name for path in MIGRATIONS_DIR.glob("versions/*.py")]
    made_here = {f"{found[1]}{MODULE_SUFFIX}" for name in names if (found := _BRANCH_MIGRATION.match(name))}
    models = MODULES_DIR.glob("*/db/models/**/*.py")
    return _found(_TABLE, (path for path in models if path.relative_to(MODULES_DIR).parts[0] not in made_here))


def _addresses() -> set[str]:
    return _found(_ADDRESS, MODULES_DIR.glob("*/api/**/*.py"))


def _found(pattern: re.Pattern[str], sources: Iterable[Path]) -> set[str]:
    return {found for path in sources for found in pattern.findall(path.read_text(encoding="utf-8"))}


def _arranged(imports: list[str]) -> list[str]:
    return [_wrapped(line) for line in sorted(imports, key=lambda line: line.split()[1])]


def _wrapped(line: str) -> str:
    if len(line.rstrip("\n")) <= _LINE:
        return line
    source, names = line.rstrip("\n").split(" import ")
    return f"{source} import (\n" + "".join(f"    {name},\n" for name in names.split(", ")) + ")\n"
