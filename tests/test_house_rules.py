"""Rules of this project that no linter checks. The rules for imports are in pyproject.toml, for import-linter."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.resources.constants import MODULE_SUFFIX
from app.settings import PROJECT_ROOT
from app.utils.setup_modules import discover_modules

TEMPLATES = PROJECT_ROOT / "app" / "utils" / "module_creator" / "templates"
LONGEST_FILE = 250

MAY_COMMIT = {
    "app/adapters/db/unit_of_work.py",
    "app/modules/messages_module/services/batch.py",
    "app/adapters/db/migrations/env.py",  # the lock under which migrations run belongs to no unit of work
}
MAY_TOUCH_THE_ENVIRONMENT = {
    "app/fastapi_engine/server.py",  # names itself to its workers
    "app/fastapi_engine/server_database.py",  # gives the workers the address of the embedded PostgreSQL
    "app/utils/processes.py",  # what the first process passes to its workers is no setting
    "app/adapters/db/embedded/process.py",  # a child gets a clean environment
    "tests",  # they start processes
}
SQL = re.compile(
    r"\s*(SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH|CREATE|DROP|ALTER|TRUNCATE|SET|NOTIFY|LISTEN)\s"
    # A part of a statement, anywhere in the text.
    r"|.*\b(FROM\s+\w|WHERE\s|VALUES\s*\(|ORDER BY\s|LIMIT\s|RETURNING\s|JOIN\s)",
    re.DOTALL,
)
SQL_OR_NOT = re.compile("")
RUN = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "prepare", "scalar", "scalars", "text"}
"""Functions that take SQL as the first argument, whatever it looks like."""
MODULE = re.compile(rf"\b([a-z0-9_]+){MODULE_SUFFIX}\b")


def python_files(folder: str = "") -> list[Path]:
    """The project's own files: with tests, without environments and templates."""
    tops = [PROJECT_ROOT / top for top in ([folder] if folder else ["app", "tests"])]
    tops += [] if folder else PROJECT_ROOT.glob("*.py")
    files = [file for top in tops for file in ([top] if top.is_file() else sorted(top.rglob("*.py")))]
    return [file for file in files if not file.is_relative_to(TEMPLATES)]


def name_of(file: Path) -> str:
    return file.relative_to(PROJECT_ROOT).as_posix()


def is_among(file: Path, allowed: set[str]) -> bool:
    name = name_of(file)
    return any(name == path or name.startswith(f"{path}/") for path in allowed) or "/tests/" in name


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def imports_of(file: Path) -> Iterator[str]:
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_the_unit_of_work_and_the_batch_writer_commit() -> None:
    committing = {
        name_of(file)
        for file in python_files("app")
        for node in nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        if ast.unparse(node.func.value) != "work"
    }
    assert {name for name in committing if "/tests/" not in name} <= MAY_COMMIT


def test_only_the_settings_read_the_environment() -> None:
    reading = {
        name_of(file)
        for file in python_files()
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
        if not is_among(file, MAY_TOUCH_THE_ENVIRONMENT | {"app/settings"})
    }
    assert reading == set()


def test_a_long_file_says_why() -> None:
    """In a comment on top: `# Longer than 250 lines: ...`."""
    long = {
        name_of(file)
        for file in python_files()
        for text in [file.read_text(encoding="utf-8")]
        if text.count("\n") > LONGEST_FILE and f"# Longer than {LONGEST_FILE} lines: " not in text[:2000]
    }
    assert long == set()


def test_values_reach_the_database_as_parameters() -> None:
    """SQL may be composed of constants and quoted names, never of values."""
    mixed = {
        f"{name_of(file)}:{node.lineno}"
        for file in python_files("app")
        for node in nodes(file)
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call)
        if _mixes_values_into_sql(node) or _runs_what_is_mixed(node)
    }
    assert {place for place in mixed if "/tests/" not in place} == set()


def _runs_what_is_mixed(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in RUN:
            return _mixes_values_into_sql(first, SQL_OR_NOT)
    return False


def _mixes_values_into_sql(node: ast.expr, looks: re.Pattern[str] = SQL) -> bool:
    match node:
        case ast.JoinedStr(values=values):
            text = "".join(str(part.value) for part in values if isinstance(part, ast.Constant))
            parts = [part.value for part in values if isinstance(part, ast.FormattedValue)]
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod() | ast.Add(), right=right):
            parts = [right]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format"), args=args, keywords=more):
            parts = [*args, *(keyword.value for keyword in more)]
        case _:
            return False
    return looks.match(text) is not None and not all(map(_is_sql_itself, parts))


def _is_sql_itself(part: ast.expr) -> bool:
    """Returns True for a constant, recognized by its name, and for the results of the functions that quote names or
    make a subquery of constants."""
    match part:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return "quote" in name or name == "one_row"
        case ast.JoinedStr(values=values):
            return all(_is_sql_itself(value.value) for value in values if isinstance(value, ast.FormattedValue))
    return False


@pytest.mark.parametrize(
    ("code", "mixes"),
    [
        ("f'SELECT {COLUMNS} FROM message WHERE id = $1'", False),
        ("f'DROP DATABASE {_quote(name)}'", False),
        ("f'SELECT text FROM {one_row(TABLE, id=KEY)} m'", False),
        ("f'SELECT * FROM message WHERE id = {message_id}'", True),
        ("'DELETE FROM message WHERE id = %s' % message_id", True),
        ("'SELECT ' + column", True),
        ("'UPDATE chat SET title = {}'.format(title)", True),
        ("f'{COLUMNS} FROM message WHERE id = $1'", False),
        ("f'{COLUMNS} FROM message WHERE id = {message_id}'", True),
        ("'... ORDER BY ' + column", True),
        ("connection.fetch(f'select 1 as {name}')", True),
        ("connection.fetch(f'select 1 as {NAME}', name)", False),
        ("text('lock table ' + name)", True),
        ("f'hello, {name}'", False),
        ("f'from {here} to {there}'", False),
    ],
)
def test_the_rule_about_parameters_distinguishes_values_from_sql(code: str, mixes: bool) -> None:
    node = ast.parse(code, mode="eval").body
    assert (_mixes_values_into_sql(node) or _runs_what_is_mixed(node)) is mixes


def test_no_file_lists_the_modules() -> None:
    """Outside the modules a file may name one of them, beside the base. A file that names two keeps a list."""
    known = set(discover_modules()) - {"base"}
    lists = {
        name_of(file): named
        for file in python_files()
        if not file.is_relative_to(PROJECT_ROOT / "app" / "modules") and not file.is_relative_to(PROJECT_ROOT / "tests")
        for named in [known & set(MODULE.findall(file.read_text(encoding="utf-8")))]
        if len(named) > 1
    }
    assert lists == {}


@pytest.mark.parametrize("name", sorted(discover_modules()))
def test_a_module_declares_the_modules_it_uses(name: str) -> None:
    used = {
        found[1]
        for file in python_files(f"app/modules/{name}{MODULE_SUFFIX}")
        if "/tests/" not in name_of(file)
        for imported in imports_of(file)
        if (found := re.match(rf"app\.modules\.(\w+){MODULE_SUFFIX}\b(?!\.extension\b)", imported))
    }
    # Contributions to an extension point are checked at the start: the host of the point may be absent.
    assert used - {name} <= set(discover_modules()[name].depends_on)


def test_the_import_linter_sees_every_file_of_a_module() -> None:
    """It reads packages only. A module's tests may import anything."""
    blind = {
        name_of(folder)
        for file in python_files("app/modules")
        for folder in file.parents
        if folder.is_relative_to(PROJECT_ROOT / "app" / "modules") and folder != PROJECT_ROOT / "app" / "modules"
        if "tests" not in folder.parts and not (folder / "__init__.py").exists()
    }
    assert blind == set()


def test_no_test_uses_mocks_or_is_skipped() -> None:
    """No mocks, no skipped tests, no expected failures."""
    pretending = {
        f"{name_of(file)}:{getattr(node, 'lineno', 1)}"
        for file in python_files()
        for node in nodes(file)
        if (isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"})
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"))
    }
    assert pretending == set()


def test_middlewares_are_pure_asgi() -> None:
    """Three middlewares of the framework's base class cost 838 µs a request, three pure ones 6."""
    heavy = {
        name_of(file)
        for file in python_files("app")
        if any(name.endswith("BaseHTTPMiddleware") for name in imports_of(file))
    }
    assert heavy == set()


def test_the_first_process_imports_no_package_that_only_serving_needs() -> None:
    """With reload and with workers it only starts others. Its imports would add a second to theirs."""
    look = "import sys, app.fastapi_engine.server; print({'alembic', 'fastapi', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
