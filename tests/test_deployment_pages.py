"""The pages on deployment and the files of Docker Compose agree with the server. Docker is not needed to check them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import unknown_variables
from app.utils.own_settings import own_groups
from app.utils.setup_modules import read_modules

PAGES = ("deployment.md", "deployment.ru.md")
WITH_A_DATABASE = ("docker-compose.yml", "docs/deployment/compose/compose.yml")
COMPOSE_FILES = (*WITH_A_DATABASE, "docs/deployment/node/compose.yml")


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, project_root: Path) -> str:
    name: str = request.param
    return (project_root / "docs" / name).read_text(encoding="utf-8")


def test_commands_run_as_another_user_have_the_home_of_that_user(page: str) -> None:
    """The driver looks for a key in it, and may not read that of root."""
    calls = re.findall(r"\bsudo [^\n]*", page)
    assert calls
    assert [call for call in calls if "--set-home" not in call] == []


@pytest.mark.parametrize("name", WITH_A_DATABASE)
def test_the_database_of_a_compose_file_has_the_connections_of_all_processes(project_root: Path, name: str) -> None:
    """Those of the largest number of processes that the file names, one more that replaces one, and a command."""
    text = (project_root / name).read_text(encoding="utf-8")
    page = (project_root / "docs" / "deployment.md").read_text(encoding="utf-8")
    each = re.search(r"(\d+) by default. So `max_connections", page)
    assert each is not None
    processes = max(int(number) for number in re.findall(r"(?:--scale api=|replicas: |API_WORKERS:-)(\d+)", text))
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    allowed = re.search(r"max_connections=(\d+)", " ".join(services["postgres"]["command"]))
    assert allowed is not None
    assert int(allowed[1]) > (processes + 2) * int(each[1])


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_no_variable_of_a_compose_file_is_reported_as_an_unknown_setting(
    project_root: Path, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in .env, from where the containers get them, so `doctor` sees them."""
    names = set(re.findall(r"\$\{(\w+)", (project_root / name).read_text(encoding="utf-8")))
    assert names
    file = tmp_path / ".env"
    file.write_text("".join(f"{name}=1\n" for name in sorted(names)), encoding="utf-8")
    for variable in names:
        monkeypatch.setenv(variable, "1")
    assert unknown_variables(file, own_groups(read_modules().values())) == []
