"""The commands of the pages on deployment do what the pages say. Docker and systemd are not needed to check them."""

import re
from pathlib import Path

import pytest

PAGES = ("deployment.md", "deployment.ru.md")


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, project_root: Path) -> str:
    name: str = request.param
    return (project_root / "docs" / name).read_text(encoding="utf-8")


def test_commands_run_as_another_user_have_the_home_of_that_user(page: str) -> None:
    """The driver looks for a key in it, and may not read that of root."""
    calls = re.findall(r"\bsudo [^\n]*", page)
    assert calls
    assert [call for call in calls if "--set-home" not in call] == []
