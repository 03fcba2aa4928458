"""`db backup` and `db restore` beside other programs: files of others, and what decides on the access to PostgreSQL."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from typer import BadParameter

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.embedded.binaries import find_binaries
from app.commands.postgres_programs import Programs
from tests.databases import execute, fetch
from tests.manage import manage

SERVER = DatabaseAddress("10.0.0.10", 5432, "messenger", "secret", "messenger")


def let_pg_dump_run(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shell command run before each pg_dump."""
    script, find = folder / "pg_dump.sh", Programs.find

    def find_script(programs: Programs, name: str) -> Path:
        found = find(programs, name)
        if name != "pg_dump":
            return found
        script.write_text(f'#!/bin/sh\n{command}\nexec {shlex.quote(str(found))} "$@"\n')
        script.chmod(0o700)
        return script

    monkeypatch.setattr(Programs, "find", find_script)


def install(folder: Path, name: str, version: str) -> Path:
    """Put a program into a folder that says its version."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
    program.chmod(0o700)
    return program


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs of the system are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


async def test_a_backup_does_not_replace_one_that_was_written_meanwhile(
    database_address: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "backups" / "monday.dump"
    let_pg_dump_run(f"echo precious > {shlex.quote(str(file))}", tmp_path, monkeypatch)
    result = await manage(database_address, "db", "backup", str(file))
    assert result.exit_code == 2
    assert "exists" in result.output
    assert file.read_text() == "precious\n"
    assert list(file.parent.iterdir()) == [file]


async def test_a_backup_leaves_the_unfinished_one_of_another_process_as_it_is(
    database_address: DatabaseAddress, tmp_path: Path
) -> None:
    file = tmp_path / "monday.dump"
    other = tmp_path / "monday.dump.unfinished"
    other.write_text("of another process")
    assert (await manage(database_address, "db", "backup", str(file))).exit_code == 0
    assert other.read_text() == "of another process"


async def test_a_backup_and_a_restore_find_the_password_where_the_server_finds_it(
    own_database: DatabaseAddress, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text(f"*:*:*:*:{own_database.password}")
    passwords.chmod(0o600)
    nowhere = replace(own_database, password="")
    for name, value in (("PGPASSWORD", own_database.password), ("PGPASSFILE", str(passwords))):
        file = str(tmp_path / f"{name}.dump")
        for arguments in (("backup", file), ("restore", file, "--yes")):
            result = await manage(nowhere, "db", *arguments, **{name: value})
            assert result.exit_code == 0, result.output


def test_the_programs_get_the_tls_and_the_password_that_the_driver_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/nowhere/ca.crt", "PGPASSFILE": "/nowhere/passwords"}
    for name, value in {**variables, "PGPASSWORD": "wrong"}.items():
        monkeypatch.setenv(name, value)
    passed = Programs(SERVER, 15, tls=True).environment()
    assert passed.items() >= {**variables, "PGPASSWORD": "secret"}.items()


async def test_a_backup_and_a_restore_need_no_tls_over_a_unix_socket(
    own_database: DatabaseAddress, tmp_path: Path
) -> None:
    """The driver uses none either, whatever the variables say."""
    file = str(tmp_path / "monday.dump")
    for arguments in (("backup", file), ("restore", file, "--yes")):
        result = await manage(own_database, "db", *arguments, PGSSLMODE="require", PGSSLNEGOTIATION="direct")
        assert result.exit_code == 0, result.output


def test_the_systems_programs_are_used_where_the_driver_uses_tls(path: Path) -> None:
    """The built-in ones have none."""
    program = install(path, "psql", "15.14")
    assert Programs(SERVER, 15, tls=True).find("psql") == program
    assert Programs(SERVER, 15, tls=False).find("psql") == find_binaries() / "psql"


@pytest.mark.parametrize("printed", ["99.1 (Debian 99.1-1.pgdg12+1)", "99beta1", "100.2"])
def test_the_systems_programs_are_used_for_a_server_that_is_newer_than_the_built_in_ones(
    path: Path, printed: str
) -> None:
    program = install(path, "pg_dump", printed)
    assert Programs(SERVER, 99, tls=False).find("pg_dump") == program
    assert Programs(SERVER, 18, tls=False).find("pg_dump") == find_binaries() / "pg_dump"


def test_a_refusal_because_of_tls_alone_names_the_variable_that_needs_no_other_program(path: Path) -> None:
    with pytest.raises(BadParameter, match="PGSSLMODE=disable"):
        Programs(SERVER, 18, tls=True).find("pg_dump")
    with pytest.raises(BadParameter) as newer:
        Programs(SERVER, 99, tls=True).find("pg_dump")
    assert "PGSSLMODE" not in str(newer.value)


@pytest.mark.parametrize("tls", [False, True])
def test_a_program_that_is_missing_or_older_than_the_server_is_reported(path: Path, tls: bool) -> None:
    for _ in range(2):
        with pytest.raises(BadParameter, match="postgresql-client-99"):
            Programs(SERVER, 99, tls).find("pg_dump")
        install(path, "pg_dump", "98.9")


@pytest.mark.parametrize(("version", "is_used"), [("15.14 (Debian 15.14-0+deb12u1)", False), ("99beta1", True)])
def test_a_backup_is_unpacked_by_the_newest_program(path: Path, version: str, is_used: bool) -> None:
    """Either may have written it, and an older one cannot read it."""
    program = install(path, "pg_restore", version)
    built_in = find_binaries() / "pg_restore"
    assert Programs(SERVER, 15, tls=True).pg_restore()[0] == (program if is_used else built_in)
    assert Programs(SERVER, 15, tls=False).pg_restore()[0] == built_in


async def test_a_restore_by_a_role_that_may_create_no_database_names_the_statement_that_lets_it(
    own_database: DatabaseAddress, tmp_path: Path
) -> None:
    file, role = str(tmp_path / "monday.dump"), f"role_of_{own_database.database}"
    assert (await manage(own_database, "db", "backup", file)).exit_code == 0
    await execute(own_database, f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    try:
        result = await manage(replace(own_database, user=role, password="secret"), "db", "restore", file, "--yes")
    finally:
        await execute(own_database, f"DROP ROLE {role}")
    assert result.exit_code != 0
    assert f'ALTER ROLE "{role}" CREATEDB' in str(result.exception)


async def test_a_restore_needs_no_role_and_no_extension_of_others(
    own_database: DatabaseAddress, tmp_path: Path
) -> None:
    """A role that reads reports may be missing on a new server, and only a superuser may create such an extension."""
    file, role = str(tmp_path / "monday.dump"), f"reports_of_{own_database.database}"
    for statement in (
        f"CREATE ROLE {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        "CREATE EXTENSION pg_stat_statements",
    ):
        await execute(own_database, statement)
    assert (await manage(own_database, "db", "backup", file)).exit_code == 0
    for statement in (f"DROP OWNED BY {role}", f"DROP ROLE {role}"):
        await execute(own_database, statement)
    restored = await manage(own_database, "db", "restore", file, "--yes")
    assert restored.exit_code == 0, restored.output
    extensions = await fetch(own_database, "SELECT extname FROM pg_extension ORDER BY extname")
    assert [row["extname"] for row in extensions] == ["plpgsql", "uuid-ossp"]
