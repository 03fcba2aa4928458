"""Creates the database cluster with `initdb`, as a whole or not at all."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from app.adapters.db.embedded.errors import ELSEWHERE, EmbeddedPostgresError, explain_output
from app.adapters.db.embedded.folder import DataFolder
from app.adapters.db.embedded.process import spawn

SUPERUSER = "messenger"
# The builtin provider compares and folds by Unicode on every system, but full-text search still uses libc's locale.
_CTYPE = "UTF-8" if sys.platform == "darwin" else "C.UTF-8"


def ensure_cluster(folder: DataFolder, binaries: Path, lock_fd: int, *, durable: bool) -> None:
    """Creates the cluster unless it exists. Call it with the server's lock held; child processes inherit the lock.

    Raises EmbeddedPostgresError.
    """
    if folder.unfinished_cluster.exists():
        shutil.rmtree(folder.unfinished_cluster)
    if (folder.cluster / "PG_VERSION").exists():
        _check_version(folder, binaries)
        return
    if folder.cluster.exists() and any(folder.cluster.iterdir()):
        raise EmbeddedPostgresError(f"{folder.cluster} has files in it but no database: empty it, or {ELSEWHERE}")
    if not folder.password.exists():
        folder.write(folder.password, secrets.token_urlsafe(24))
    _initdb(folder, binaries, lock_fd, durable=durable)
    folder.unfinished_cluster.replace(folder.cluster)
    if durable:
        _sync(folder.root)


def _initdb(folder: DataFolder, binaries: Path, lock_fd: int, *, durable: bool) -> None:
    folder.make_private(folder.unfinished_cluster)
    arguments: list[str | Path] = [
        binaries / "initdb",
        f"--pgdata={folder.unfinished_cluster}",
        f"--username={SUPERUSER}",
        f"--pwfile={folder.password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--lc-collate=C",
        f"--lc-ctype={_CTYPE}",
        "--no-instructions",
    ]
    if not durable:
        arguments.append("--no-sync")
    # A file, not a pipe: reading a pipe would wait for every process that inherits it.
    with tempfile.TemporaryFile() as output:
        process = spawn(arguments, folder.account, lock_fd, output.fileno())
        try:
            failed = process.wait() != 0
        except BaseException:
            process.kill()
            process.wait()
            raise
        if failed:
            output.seek(0)
            raise explain_output(output.read().decode(errors="replace"), folder.root, "initialize a new cluster")


def _check_version(folder: DataFolder, binaries: Path) -> None:
    # It prints: postgres (PostgreSQL) 18.6
    printed = subprocess.check_output([binaries / "postgres", "--version"], text=True)  # noqa: S603 - no shell
    ours = printed.split()[-1].partition(".")[0]
    theirs = (folder.cluster / "PG_VERSION").read_text().strip()
    if theirs != ours:
        raise EmbeddedPostgresError(
            f"{folder.root} was made by PostgreSQL {theirs}, the built-in one is {ours} and does not read it: "
            f"carry the data over with pg_dump of the old version; until then {ELSEWHERE}"
        )


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
