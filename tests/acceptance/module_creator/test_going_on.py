"""docs/modules.md: what it says to change in a module that was just made, done and put through the gate."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.module_creator.support import REPOSITORY, succeeds

PAGE = REPOSITORY / "docs" / "modules.md"


@pytest.fixture
def notes(project: Path) -> Path:
    """A copy of the project with the module, changed as the page tells."""
    succeeds(project, "create_module.py", "notes")
    for step in re.findall(r"```diff\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        subprocess.run(["git", "apply", "-"], cwd=project, input=step.encode(), check=True)
    return project


def test_a_module_goes_on_as_the_page_tells(
    notes: Path, postgres: DatabaseAddress, empty_database: DatabaseAddress
) -> None:
    succeeds(notes, "manage.py", "db", "revision", "pinned", "--module", "notes", at=empty_database)
    succeeds(notes, "manage.py", "db", "migrate", at=empty_database)
    succeeds(notes, "manage.py", "db", "check", at=empty_database)

    succeeds(notes, "-m", "ruff", "check", ".")
    succeeds(notes, "-m", "ruff", "format", "--check", ".")
    succeeds(notes, "-m", "mypy", "app/modules/notes_module")
    succeeds(notes, str(Path(sys.executable).with_name("lint-imports")))
    tests = ["tests/access/test_table.py", "tests/access/test_requests.py", "tests/test_house_rules.py"]
    documents = ["tests/test_openapi.py", "app/modules/sockets_module/tests/test_asyncapi.py"]
    made = "app/modules/notes_module"
    said = succeeds(notes, "-m", "pytest", "-q", "--maxprocesses=2", made, *tests, *documents, at=postgres)
    assert " passed" in said


def test_both_languages_tell_the_same_steps() -> None:
    english, russian = [
        re.findall(r"```(?:sh|diff)\n.*?```", path.read_text(encoding="utf-8"), re.DOTALL)
        for path in (PAGE, PAGE.with_name("modules.ru.md"))
    ]
    assert english == russian
