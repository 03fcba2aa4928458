"""Lints docs/openapi.json and generates clients from it: `make lint-api`.

The tools are npm packages, pinned in package-lock.json. They run in the Node of a wheel among the development
dependencies. They are installed into the virtual environment, once for each version of the lock file."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.npm import install, run

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "openapi.json"
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
_QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def main() -> int:
    """Return 1 if a tool complains or a generated client does not load, else 0."""
    installed = install(HERE, "openapi-tools")
    with tempfile.TemporaryDirectory(dir=installed) as folder:
        shutil.copytree(HERE, folder, dirs_exist_ok=True)
        shutil.copy(DOCUMENT, folder)
        scripts = _scripts(installed / "node_modules")
        failed = [script for script in scripts if run(*script, cwd=Path(folder), **_QUIET) != 0]
    return 1 if failed else 0


def _scripts(modules: Path) -> Iterator[tuple[str, ...]]:
    for package, *arguments in TOOLS:
        yield (str(modules / package), *arguments)
    yield ("load.mjs",)


if __name__ == "__main__":
    sys.exit(main())
