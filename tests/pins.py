"""Copies the pins of requirements.txt into pyproject.toml, where `uv run` reads them: part of `make pins`.

A lock file of uv would name the registry and differ between machines."""

import re

from app.settings import PROJECT_ROOT

_LIST = re.compile(r"(?<=^constraint-dependencies = \[\n).*?(?=^\])", re.MULTILINE | re.DOTALL)


def constraints() -> str:
    """Returns the lines of requirements.txt as items of a list."""
    pins = (PROJECT_ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "".join(f'    "{pin}",\n' for pin in pins if not pin.startswith("#"))


def with_constraints(project: str) -> str:
    """Returns the text of pyproject.toml with its list updated."""
    return _LIST.sub(lambda _: constraints(), project, count=1)


if __name__ == "__main__":
    file = PROJECT_ROOT / "pyproject.toml"
    file.write_text(with_constraints(file.read_text(encoding="utf-8")), encoding="utf-8")
