"""The next steps of docs/modules.md, applied to a new module and put through the gate."""

import re
import subprocess
import sys
from pathlib import Path

from app.adapters.db.address import DatabaseAddress
from app.settings import PROJECT_ROOT
from tests.acceptance.module_creator.support import changed, run, succeeds, tree

PAGE = PROJECT_ROOT / "docs" / "modules.md"
PICTURE = "docs/images/db_schema.png"
FOLDER = "app/modules/notes_module"
MIGRATION = re.compile(r"app/adapters/db/migrations/versions/\d{8}_notes_\d{4}_\w+\.py")


def test_the_steps_of_the_page_work_and_change_nothing_outside_the_module_folder(
    project: Path, postgres: DatabaseAddress, empty_database: DatabaseAddress
) -> None:
    before = tree(project)
    succeeds(project, "create_module.py", "notes")
    for step in re.findall(r"```diff\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        subprocess.run(["git", "apply", "-"], cwd=project, input=step.encode(), check=True)
    succeeds(project, "manage.py", "db", "revision", "pinned", "--module", "notes", at=empty_database)
    succeeds(project, "manage.py", "db", "migrate", at=empty_database)
    succeeds(project, "manage.py", "db", "check", at=empty_database)
    by_hand = changed(before, tree(project))
    assert [path for path in by_hand if not path.startswith(FOLDER) and not MIGRATION.fullmatch(path)] == []

    stale = run(project, "manage.py", "docs", "--check").stderr.splitlines()
    generated = {line.partition(" is stale")[0] for line in stale}
    assert {".env.example", "README.md", "docs/openapi.json", "docs/asyncapi.json", "docs/realtime.md"} <= generated
    succeeds(project, "manage.py", "docs")
    assert changed(before, tree(project)) - by_hand <= generated | {PICTURE}

    succeeds(project, "-m", "ruff", "check", ".")
    succeeds(project, "-m", "ruff", "format", "--check", ".")
    succeeds(project, "-m", "mypy", FOLDER)
    succeeds(project, str(Path(sys.executable).with_name("lint-imports")))
    tests = ["tests/access/test_table.py", "tests/access/test_requests.py", "tests/test_house_rules.py"]
    documents = ["tests/test_openapi.py", "app/modules/sockets_module/tests/test_asyncapi.py"]
    output = succeeds(project, "-m", "pytest", "-q", "--maxprocesses=2", FOLDER, *tests, *documents, at=postgres)
    assert " passed" in output


def test_both_languages_describe_the_same_steps() -> None:
    english, russian = [
        re.findall(r"```(?:sh|diff)\n.*?```", path.read_text(encoding="utf-8"), re.DOTALL)
        for path in (PAGE, PAGE.with_name("modules.ru.md"))
    ]
    assert english == russian
