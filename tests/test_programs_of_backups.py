"""`db backup` and `db restore` beside other programs: what they pass to those of PostgreSQL, and files of others."""

import shlex
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from app.commands import backup
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
    assert "already exists" in result.output
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
