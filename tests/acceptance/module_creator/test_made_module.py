"""A module created by `python create_module.py` runs, passes its tests and is fully typed without edits."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.module_creator.support import environment_of, fetch_column, succeeds, tree
from tests.processes import READY_SECONDS, free_port

# The tests that compare the modules with tables, documents, rules and migrations.
ALL_MODULES = [
    "tests/access/test_limits.py",
    "tests/access/test_requests.py",
    "tests/access/test_scopes.py",
    "tests/access/test_table.py",
    "tests/adapters/test_migrations.py",
    "tests/test_doctor_of_erased_accounts.py::test_every_module_that_erases_rows_of_accounts_has_doctor_look_for_them",
    "tests/test_house_rules.py",
    "tests/test_openapi.py",
    "tests/test_schema.py",
    "tests/test_setup_modules.py",
]
MADE = ["app/modules/shop_module", "app/adapters/db/migrations/versions"]


def test_a_created_module_passes_the_checkers(shop: Path) -> None:
    succeeds(shop, "-m", "ruff", "check", ".")
    succeeds(shop, "-m", "ruff", "format", "--check", ".")
    succeeds(shop, "-m", "mypy", *MADE)
    succeeds(shop, str(Path(sys.executable).with_name("lint-imports")))


def test_the_formatting_is_right_for_every_name(project: Path) -> None:
    for name in ("l", "o", "base2", "of_the_club", "pages", "abcdefghijklmnopqrstuvwx"):
        succeeds(project, "create_module.py", name)
    succeeds(project, "-m", "ruff", "check", ".")
    succeeds(project, "-m", "ruff", "format", "--check", ".")


def test_a_module_may_have_a_name_that_texts_should_not_use(project: Path) -> None:
    for name in ("rings", "bell", "shelf", "outbox"):
        succeeds(project, "create_module.py", name)
    succeeds(project, "-m", "pytest", "-q", "-n0", "tests/test_words.py")


def test_the_tests_of_all_modules_pass_with_two_created_ones(project: Path, postgres: DatabaseAddress) -> None:
    for name in ("shop", "notes"):
        succeeds(project, "create_module.py", name)
    made = ("app/modules/shop_module", "app/modules/notes_module")
    output = succeeds(project, "-m", "pytest", "-q", "--maxprocesses=2", *made, *ALL_MODULES, at=postgres)
    assert " passed" in output


def test_a_running_server_serves_a_created_module_without_a_restart_by_hand(open_project: Path) -> None:
    port, output = free_port(), open_project / "output.txt"
    environment = environment_of(None) | {"API_SERVICE_PORT": str(port), "LOG_FORMAT": "json"}
    with (
        output.open("wb") as file,
        subprocess.Popen([sys.executable, "main.py"], cwd=open_project, env=environment, stderr=file) as server,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _answer(f"{address}/api/v1/shop", 404)
            succeeds(open_project, "create_module.py", "shop")
            _answer(f"{address}/api/v1/shop", 401)
            _answer(f"{address}/healthcheck/ready", 200)
            document = _answer(f"{address}/openapi.json", 200).json()
        finally:
            server.terminate()
    # The server that the reload started logs in the chosen format too.
    messages = [json.loads(line)["message"] for line in output.read_text(encoding="utf-8").splitlines()]
    assert messages.count("migrating the database") == 2
    assert "shop" in {tag["name"] for tag in document["tags"]}
    routes = {"/api/v1/shop": {"get", "post"}, "/api/v1/shop/{shop_id}": {"get", "patch", "delete"}}
    for path, methods in routes.items():
        assert document["paths"][path].keys() == methods
        assert all(operation["tags"] == ["shop"] for operation in document["paths"][path].values())


def test_a_table_is_created_and_dropped_with_its_module(project: Path, empty_database: DatabaseAddress) -> None:
    before = tree(project)
    succeeds(project, "create_module.py", "shop")
    succeeds(project, "manage.py", "db", "migrate", at=empty_database)

    # Deleting the files by hand leaves the table. A module created again under the name finds it.
    shutil.rmtree(project / "app/modules/shop_module")
    for migration in (project / MADE[1]).glob("*_shop_0001_*.py"):
        migration.unlink()
    assert tree(project) == before
    succeeds(project, "manage.py", "db", "check", at=empty_database)
    succeeds(project, "manage.py", "module", "create", "shop_module")
    succeeds(project, "manage.py", "db", "check", at=empty_database)

    succeeds(project, "manage.py", "module", "remove", "shop", "--yes", at=empty_database)
    assert tree(project) == before
    tables = asyncio.run(fetch_column(empty_database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    assert "account" in tables
    assert "shop" not in tables
    assert "shop_0001" not in asyncio.run(fetch_column(empty_database, "SELECT version_num FROM alembic_version"))


def test_the_files_of_a_module_with_a_longer_name_stay(project: Path) -> None:
    succeeds(project, "create_module.py", "notes_2026_archive")
    before = tree(project)
    succeeds(project, "create_module.py", "notes")
    succeeds(project, "-c", "from app.utils.module_creator import ModuleRemover; ModuleRemover('notes').remove()")
    assert tree(project) == before


def test_a_change_of_its_model_becomes_a_migration_in_its_own_branch(
    project: Path, empty_database: DatabaseAddress
) -> None:
    succeeds(project, "create_module.py", "shop")
    model = project / "app/modules/shop_module/db.py"
    model.write_text(model.read_text().replace("    title:", "    price: Mapped[int | None]\n    title:"))
    succeeds(project, "manage.py", "db", "revision", "price", "--module", "shop", at=empty_database)
    (migration,) = (project / MADE[1]).glob("*_shop_0002_price.py")
    text = migration.read_text()
    assert 'down_revision: str | None = "shop_0001"' in text
    assert text.count('op.add_column("shop", sa.Column("price"') == 1
    assert "op.create_table" not in text
    succeeds(project, "-m", "ruff", "format", "--check", str(migration))


def _answer(address: str, status: int) -> httpx.Response:
    """Returns the first answer with this status of a server that starts or restarts."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            response = httpx.get(address)
            if response.status_code == status:
                return response
        except httpx.TransportError:
            pass  # it does not answer yet
        assert time.monotonic() < deadline, f"{address} does not answer {status}"
        time.sleep(0.1)
