"""Creates a module: checks its name and chooses the paths of its files."""

import builtins
import keyword
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from app.resources.constants import BASE_MODULE, MIGRATIONS_DIR, MODULE_SUFFIX, MODULES_DIR
from app.utils.module_creator.base_creator import TEMPLATES, BaseCreator, CreatorError
from app.utils.nouns import owner_of, singular

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 24
"""The longest name. The id of the first migration adds five characters; Alembic stores 32."""
_RESERVED = {BASE_MODULE, "docs", "metrics", "openapi", "ws"}
"""Names that settings use (`BASE`), and the first segments of paths that do not belong to a module."""
_AMBIGUOUS = re.compile(rf"{MODULE_SUFFIX}$|_\d{{4}}$")
"""Names that could be confused: `shop_module` is `shop`, and `shop_0001` is the first migration of `shop`."""
_LINE = 120

_TABLE_OF_VERSIONS = "alembic_version"
_TABLE = re.compile(r"(?:__tablename__\s*=|create_table\()\s*\"(\w+)\"")
_BRANCH_MIGRATION = re.compile(r"\d{8}_(\w+)_\d{4}_")
_ADDRESS = re.compile(r"prefix=\"/([\w-]+)")
_SCHEMA = re.compile(r"^class (\w+)(?:Create|Read|Update)\(", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z]\w*")
_DEFINITION = re.compile(r"(async )?def ")
_BRACKETS = re.compile(r"\((?:[^()]|\([^()]*\))*\)|\{[^{}]*\}|\[(?:[^\[\]]|\[[^\[\]]*\])*\]")
"""Outermost brackets, with at most one more level inside."""


class ModuleCreator(BaseCreator):
    """Creates a module with one table, its five routes, their tests, and a migration in a branch of its own.

    Raises CreatorError for a name that is not allowed. `shop` and `shop_module` are the same name.
    """

    def __init__(self, name: str) -> None:
        self.name = name.removesuffix(MODULE_SUFFIX)
        _check_spelling(self.name)
        self.folder = MODULES_DIR / f"{self.name}{MODULE_SUFFIX}"
        self.noun = _noun(self.name)
        self._made_at = datetime.now(UTC)
        self._check_free()

    @property
    def revision(self) -> str:
        """The id of the first migration. It depends on the name only, so a module that is removed and created again
        finds its table.
        """
        return f"{self.name}_0001"

    def targets(self) -> Mapping[str, Path]:
        migration = f"{self._made_at:%Y%m%d}_{self.revision}_first_table.py"
        return {"migration.py.jinja": MIGRATIONS_DIR / "versions" / migration, "module": self.folder}

    def context(self) -> Mapping[str, object]:
        one, many = (word.replace("_", " ") for word in (self.noun, self.name))
        return {
            "name": self.name,
            "package": f"app.modules.{self.folder.name}",
            "path": self.name.replace("_", "-"),
            "title": many.capitalize(),
            "one": one,
            "many": many if self.noun != self.name else f"{one}s",
            "noun": self.noun,
            "entity": _class_name(self.noun),
            "table": self.noun,
            "revision": self.revision,
        }

    def finish(self, text: str) -> str:
        """Returns the text with imports in the formatter's order and long lines wrapped. Both depend on the name."""
        lines: list[str] = []
        imports: list[str] = []
        for line in text.splitlines():
            if line.startswith("from app."):
                imports.append(line)
                continue
            lines += _arranged(imports)
            imports = []
            lines.append(_wrapped(line))
        return "".join(f"{line}\n" for line in lines + _arranged(imports))

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
                f"The name {self.name} is taken: table {table} already exists"
            )
        path = self.name.replace("_", "-")
        if path in _addresses():
            raise CreatorError(
                f"Название {self.name} занято: адрес /{path} уже есть / "
                f"The name {self.name} is taken: address /{path} already exists"
            )

    def _would_own(self, table: str) -> bool:
        """Returns True if the table would belong to this module by its prefix, as `chat_member` would to `chat`."""
        return table == self.noun or (table in _main_tables() and owner_of(table, [self.name]) is not None)


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


def _noun(name: str) -> str:
    """Returns the singular of a module's name: `note` for `notes`.

    A word that has another meaning in Python, in the templates or in the schemas gets a suffix, and so does a letter:
    linters refuse some as names.
    """
    noun = singular(name)
    taken = _found(_WORD, TEMPLATES.rglob("*.py.jinja")) | _found(_SCHEMA, MODULES_DIR.rglob("*.py"))
    means_something = keyword.iskeyword(noun) or hasattr(builtins, noun) or {noun, _class_name(noun)} & taken
    return f"{noun}_item" if means_something or len(noun) == 1 else noun


def _class_name(noun: str) -> str:
    return "".join(word.capitalize() for word in noun.split("_"))


def _tables() -> set[str]:
    """Returns the names of all tables, parsed from the files.

    An import of all modules would take seconds, and fail if one of them is broken.
    """
    return _found(_TABLE, (*_models(), *MIGRATIONS_DIR.glob("versions/*.py"))) | {_TABLE_OF_VERSIONS}


def _main_tables() -> set[str]:
    """Returns the tables of the project's own modules, whose migrations are in the main chain."""
    names = [path.name for path in MIGRATIONS_DIR.glob("versions/*.py")]
    made_here = {f"{found[1]}{MODULE_SUFFIX}" for name in names if (found := _BRANCH_MIGRATION.match(name))}
    return _found(_TABLE, (path for path in _models() if path.relative_to(MODULES_DIR).parts[0] not in made_here))


def _models() -> list[Path]:
    return [*MODULES_DIR.glob("*/db/**/*.py"), *MODULES_DIR.glob("*/db.py")]


def _addresses() -> set[str]:
    return _found(_ADDRESS, (*MODULES_DIR.glob("*/api/**/*.py"), *MODULES_DIR.glob("*/api.py")))


def _found(pattern: re.Pattern[str], sources: Iterable[Path]) -> set[str]:
    return {found for path in sources for found in pattern.findall(path.read_text(encoding="utf-8"))}


def _arranged(imports: list[str]) -> list[str]:
    return [_wrapped(line) for line in sorted(imports, key=lambda line: line.split()[1])]


def _wrapped(line: str) -> str:
    """Returns a long line broken inside its last brackets, or inside those of the parameters."""
    if len(line) <= _LINE:
        return line
    if line.startswith("from "):
        source, names = line.split(" import ")
        return _broken(f"{source} import (", names, ")", one_per_line=True)
    brackets = _BRACKETS.finditer(line)
    found = next(brackets) if _DEFINITION.match(line) else list(brackets)[-1]
    return _broken(line[: found.start() + 1], found[0][1:-1], line[found.end() - 1 :])


def _broken(head: str, inside: str, tail: str, *, one_per_line: bool = False) -> str:
    indent = " " * (len(head) - len(head.lstrip()))
    if one_per_line or len(inside) + len(indent) + 4 > _LINE:
        inside = f",\n{indent}    ".join(inside.split(", ")) + ","
    return f"{head}\n{indent}    {inside}\n{indent}{tail}"
