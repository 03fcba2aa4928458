"""A copy of the project to create modules in, and the commands that are run there."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.adapters.db.address import DatabaseAddress
from app.settings import PROJECT_ROOT
from tests.databases import fetch

_OF_TESTS = (".pytest_cache", ".hypothesis")
"""Other tests add files to these folders, and remove some, while the project is copied."""
_LEFT_OUT = ("*.pyc.*", ".git", ".data", ".env", "logs", "node_modules", ".venv", "venv", *_OF_TESTS)
_CACHES = (".mypy_cache", ".ruff_cache", ".import_linter_cache")

_TIMES = 60
"""Ctrl-C is pressed every two seconds, so many times, before the program counts as not reacting."""

QUESTION = "Введите латинское название модуля:\n-> "


def copy_project(place: Path, *, with_caches: bool = False) -> Path:
    """Copies the caches of the checkers too: they know the unchanged files already."""
    copied = place / "project"
    left_out = _LEFT_OUT if with_caches else (*_LEFT_OUT, *_CACHES)
    shutil.copytree(PROJECT_ROOT, copied, ignore=shutil.ignore_patterns(*left_out), symlinks=True)
    (copied / "logs").mkdir()
    return copied


def tree(project: Path) -> dict[str, bytes]:
    """Returns all files with their contents, and all folders, except the caches of Python and the checkers."""
    kept = ("__pycache__", *_OF_TESTS, *_CACHES, "logs")
    return {
        str(path.relative_to(project)): path.read_bytes() if path.is_file() else b""
        for path in project.rglob("*")
        if not any(part in kept for part in path.relative_to(project).parts)
    }


def run(
    project: Path,
    *command: str,
    says: str | bytes = b"",
    at: DatabaseAddress | None = None,
    before: Callable[[], None] | None = None,
    **environment: str,
) -> "subprocess.CompletedProcess[str]":
    """Runs a Python program or module of the copy, with an environment of its own."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=environment_of(at) | environment,
        input=(says.encode() if isinstance(says, str) else says).decode(errors="surrogateescape"),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=600,
        check=False,
        preexec_fn=before,
    )


def succeeds(project: Path, *command: str, at: DatabaseAddress | None = None) -> str:
    """Returns what the command printed. It must succeed."""
    done = run(project, *command, at=at)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment_of(at: DatabaseAddress | None) -> dict[str, str]:
    left_out = ("PG_", "PYTEST", "API_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    environment |= {"LOG_WRITE_TO_FILE": "false", "NO_COLOR": "1"}
    if at is not None:
        environment |= at.variables()
    return environment


def interrupted_at_the_prompt(project: Path) -> "subprocess.CompletedProcess[str]":
    """Runs the program, and presses Ctrl-C as soon as it prompts."""
    process = subprocess.Popen(
        [sys.executable, "create_module.py"],
        cwd=project,
        env=environment_of(None) | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # As a terminal starts it. Tests that run in the background may ignore Ctrl-C, and the program would inherit
        # that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    asked = process.stdout.read(len(QUESTION.encode()))
    # A signal between the prompt and the wait for input is only noted by Python, which waits all the same.
    for _ in range(_TIMES):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(2)
            break
    else:
        process.kill()
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, (asked + out).decode(), err.decode())


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """Returns the paths at which two trees differ."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


async def fetch_column(address: DatabaseAddress, query: str) -> list[Any]:
    """Returns the first column."""
    return [row[0] for row in await fetch(address, query)]
