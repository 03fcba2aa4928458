"""`db backup` and `db restore` beside other programs: files of others, and what decides on the access to PostgreSQL."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from app.commands import backup
from tests.databases import execute
from tests.manage import manage


def let_pg_dump_run(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a shell command run before each pg_dump, with its environment."""
    script, find = folder / "pg_dump.sh", backup._find
    script.write_text(f'#!/bin/sh\n{command}\nexec {shlex.quote(str(find("pg_dump")))} "$@"\n')
    script.chmod(0o700)
    monkeypatch.setattr(backup, "_find", lambda name: script if name == "pg_dump" else find(name))


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


async def test_a_backup_is_made_with_the_tls_that_the_environment_asks_for(
    database_address: DatabaseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "environment"
    let_pg_dump_run(f"env > {shlex.quote(str(seen))}", tmp_path, monkeypatch)
    tls = {"PGSSLMODE": "prefer", "PGSSLCERT": "/nowhere/client.crt", "PGSSLKEY": "/nowhere/client.key"}
    result = await manage(database_address, "db", "backup", str(tmp_path / "monday.dump"), **tls, PGPASSWORD="wrong")
    assert result.exit_code == 0, result.output
    passed = seen.read_text().splitlines()
    assert {f"{name}={value}" for name, value in tls.items()} <= set(passed)
    assert f"PGPASSWORD={database_address.password}" in passed


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
