"""Writes what requirements.txt pins into pyproject.toml too, where `uv run` reads it: part of `make pins`.

The lock file that uv makes names the registry and is made anew on each machine.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
_LIST = re.compile(r"(?<=^constraint-dependencies = \[\n).*?(?=^\])", re.MULTILINE | re.DOTALL)


def constraints() -> str:
    """The lines of requirements.txt as items of a list."""
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "".join(f'    "{pin}",\n' for pin in pins if not pin.startswith("#"))


def with_constraints(project: str) -> str:
    """The text of pyproject.toml with its list renewed."""
    return _LIST.sub(lambda _: constraints(), project, count=1)


if __name__ == "__main__":
    file = ROOT / "pyproject.toml"
    file.write_text(with_constraints(file.read_text(encoding="utf-8")), encoding="utf-8")
