"""`python manage.py` as a process, and what all of its commands have in common."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import typer

from app.adapters.db.address import DatabaseAddress
from app.commands.generated import make_documents
from app.commands.manage import program
from tests.databases import drop, execute, fetch
from tests.fakers import FakeClient, ok
from tests.manage import manage, variables_for
from tests.processes import clean_environment, free_port


def run(project_root: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=project_root,
        env=clean_environment(variables | {"COLUMNS": "120"}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{path} {name}".strip())


COMMANDS = dict(commands(typer.main.get_command(program)))


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_every_command_says_what_it_does(path: str) -> None:
    command = COMMANDS[path]
    assert command.help, path
    assert command.help.strip()[0].isupper()
    for parameter in command.params:
        if parameter.name not in ("help", "install_completion", "show_completion"):
            assert getattr(parameter, "help", None), f"{path} {parameter.name}"


def test_the_modules_bring_their_commands() -> None:
    assert {
        "account create-admin",
        "catalogues list",
        "streams prune",
        "db fill",
        "seed",
        "doctor",
        "openapi",
        "schema",
    } <= COMMANDS.keys()


@pytest.mark.parametrize(
    "arguments", [("db", "drop"), ("db", "recreate"), ("db", "fill"), ("streams", "prune"), ("seed",)]
)
async def test_commands_that_delete_or_generate_data_refuse_in_production(
    database_address: DatabaseAddress, arguments: tuple[str, ...]
) -> None:
    production = {"ENVIRONMENT": "PROD", "AUTH_SECRET": "0123456789abcdefghijklmnopqrstuv"}
    variables = production | {"PG_SERVER_PASSWD": "a good one of its own"}
    result = await manage(database_address, *arguments, **variables)
    assert result.exit_code == 2, result.output
    assert "--yes" in result.output


@pytest.mark.parametrize("arguments", [("db", "drop"), ("db", "recreate"), ("streams", "prune")])
async def test_commands_that_delete_data_ask_first(
    database_address: DatabaseAddress, arguments: tuple[str, ...]
) -> None:
    result = await manage(database_address, *arguments, typed="n\n")
    assert result.exit_code == 1
    assert "Aborted" in result.output


@pytest.mark.parametrize("command", ["drop", "recreate"])
async def test_a_database_that_a_server_uses_is_not_dropped(
    anna: FakeClient, club: str, database_address: DatabaseAddress, command: str
) -> None:
    """The server would go on in the new database, without the rows that it writes when it starts."""
    result = await manage(database_address, "db", command, "--yes")
    assert result.exit_code == 2
    assert "stop the server first" in " ".join(result.output.split())
    ok(await anna.get(f"/chats/{club}"))


async def test_a_recreated_database_is_empty_and_may_adopt_the_files_of_the_old_one(
    own_database: DatabaseAddress,
) -> None:
    """It is another database to the store, whose files would stay when they are deleted."""
    await execute(own_database, "INSERT INTO stream (id) VALUES (gen_random_uuid())")
    result = await manage(own_database, "db", "recreate", "--yes")
    assert result.exit_code == 0, result.output
    assert "now run `python manage.py attachments adopt`" in result.output
    assert await fetch(own_database, "SELECT FROM stream") == []


def test_an_error_that_an_operator_can_fix_is_reported_in_one_line(
    project_root: Path, template: DatabaseAddress
) -> None:
    nowhere = variables_for(template.with_database("there_is_no_such_database"))
    result = run(project_root, "account", "reset-password", "anna", "--password=long enough", **nowhere)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert "there_is_no_such_database" in result.stderr


@pytest.mark.parametrize("arguments", ["db create", "db migrate", "db check", "db drop --yes", "catalogues list"])
def test_an_unusable_database_is_reported_in_one_line(
    project_root: Path, template: DatabaseAddress, arguments: str
) -> None:
    for wrong, reported in (
        ({"PG_SERVER_PASSWD": "wrong"}, "set PG_SERVER_LOGIN and PG_SERVER_PASSWD"),
        ({"PG_SERVER_ADDRESS": "127.0.0.1", "PG_SERVER_PORT": str(free_port())}, "set PG_SERVER_ADDRESS"),
    ):
        result = run(project_root, *arguments.split(), **variables_for(template) | wrong)
        assert (result.returncode, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert reported in result.stderr


@pytest.mark.parametrize("arguments", ["db create", "db migrate", "db check", "catalogues list"])
def test_a_home_that_cannot_be_read_is_reported_in_one_line(
    project_root: Path, template: DatabaseAddress, arguments: str
) -> None:
    """As that of root for another user: over TCP the driver looks for a key there. No user can read this one."""
    place = {"PG_SERVER_ADDRESS": "127.0.0.1", "PG_SERVER_PORT": str(free_port()), "PGSSLMODE": "prefer"}
    result = run(project_root, *arguments.split(), **variables_for(template) | place | {"HOME": f"/{'x' * 300}"})
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "File name too long" in result.stderr


@pytest.mark.parametrize("arguments", ["catalogues list", "worker", "db migrate"])
async def test_a_database_of_newer_code_is_reported_as_such_by_every_command(
    project_root: Path, database_address: DatabaseAddress, arguments: str
) -> None:
    """Not as one that needs migrations: those of older code cannot help."""
    await execute(
        database_address, "UPDATE alembic_version SET version_num = 'fffffffffff1' WHERE version_num ~ '^[0-9a-f]{12}$'"
    )
    result = run(project_root, *arguments.split(), **variables_for(database_address))
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "newer code" in result.stderr


async def test_a_role_without_a_privilege_gets_the_statement_that_grants_it(
    project_root: Path, template: DatabaseAddress
) -> None:
    """The statements are run as they are printed; after each the next command succeeds."""
    maintenance = template.with_database("postgres")
    name = f"test_{uuid4().hex[:12]}"
    role = replace(template.with_database(name), user=name, password="weak")
    await execute(maintenance, f"CREATE ROLE {name} LOGIN PASSWORD 'weak'")
    try:
        for command in ("create", "migrate"):
            refused = run(project_root, "db", command, **variables_for(role))
            assert refused.returncode == 2
            statement = re.search(r"(CREATE|ALTER) DATABASE .*", refused.stderr)
            assert statement, refused.stderr
            if command == "create":
                # As an administrator who does not make the role the owner.
                assert statement[0] == f'CREATE DATABASE "{name}" OWNER "{name}"'
                await execute(maintenance, f'CREATE DATABASE "{name}"')
            else:
                await execute(maintenance, statement[0])
        assert run(project_root, "db", "migrate", **variables_for(role)).returncode == 0
    finally:
        await drop(template.with_database(name))
        await execute(maintenance, f"DROP ROLE {name}")


def test_a_file_that_cannot_be_accessed_is_reported_in_one_line(project_root: Path, template: DatabaseAddress) -> None:
    """As in a folder without access, which root would not notice."""
    result = run(project_root, "db", "backup", "x" * 300, **variables_for(template))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"{'x' * 300}: File name too long\n"


@pytest.mark.parametrize("program", ["main.py", "manage.py", "create_module.py"])
def test_a_program_without_its_packages_says_how_to_install_them(project_root: Path, program: str) -> None:
    result = subprocess.run(
        [sys.executable, "-S", program], cwd=project_root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert "make run" in result.stderr


def test_the_generated_documents_are_up_to_date() -> None:
    """With or without modules created here: their authors choose if those are documented."""
    made = [make_documents(), make_documents(added=False)]
    stale = {
        path.name for path in made[0] if path.read_text(encoding="utf-8") not in {document[path] for document in made}
    }
    assert stale == set(), "if that was meant to change, run `python manage.py docs`"


def test_the_settings_of_this_machine_do_not_change_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = make_documents()
    here = {"API_SERVICE_PORT": "19", "API_TITLE": "Почта дома", "ENVIRONMENT": "PROD", "ATTACHMENT_MAX_BYTES": "9"}
    for name, value in here.items():
        monkeypatch.setenv(name, value)
    assert make_documents() == usual
    assert here.items() <= os.environ.items()


async def test_the_openapi_document_of_this_installation_can_be_printed(database_address: DatabaseAddress) -> None:
    result = await manage(database_address, "openapi", "--stdout", API_TITLE="Почта дома")
    assert result.exit_code == 0, result.output
    assert '"title": "Почта дома"' in result.output
