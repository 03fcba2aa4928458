"""The Dockerfile, without a Docker: the contents of the image, its start, and its health check."""

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from tests.adapters.embedded.support import eventually, open_folder
from tests.container import Container
from tests.manage import variables_for
from tests.processes import free_port

LARGEST = 300_000_000
BASE = 120_000_000
"""Bytes of the slim image of Python."""
TAKEN_OUT = 40_000_000
"""Bytes of debug symbols and headers that the first stage removes."""


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    place = open_folder()
    yield Container(place)
    shutil.rmtree(place)


def test_the_image_holds_the_code_and_no_other_files(container: Container) -> None:
    sources = {name for name in container.files() if not name.endswith(".pyc") and "." in name}
    assert {"main.py", "manage.py", "alembic.ini", "app/utils/module_creator/templates/migration.py.jinja"} <= sources
    assert {Path(name).parts[0] for name in sources} == {"main.py", "manage.py", "alembic.ini", "app", ".data"}
    assert [name for name in sources if "tests" in Path(name).parts or name.endswith("conftest.py")] == []
    assert {name for name in sources if name.endswith(".py")} == {
        re.sub(r"__pycache__/(\w+)\.[\w-]+\.pyc$", r"\1.py", name)
        for name in container.files()
        if name.endswith(".pyc")
    }


def test_the_image_is_small(container: Container) -> None:
    """Counted is our own part: the packages, with their bytecode, and the code."""
    ours = [*container.packages, *(container.workdir / name for name in container.files())]
    assert BASE + sum(path.stat().st_size for path in ours if path.is_file()) - TAKEN_OUT < LARGEST


async def test_it_serves_with_its_own_packages_and_writes_only_to_its_data(
    container: Container, database_address: DatabaseAddress
) -> None:
    before = container.files()
    variables = variables_for(database_address) | {"API_RELOAD": "false", "API_SERVICE_PORT": str(free_port())}

    def is_healthy() -> bool:
        # The container has a proxy for its requests to other machines, which is down.
        proxy = {"http_proxy": f"http://127.0.0.1:{free_port()}", "no_proxy": ""}
        return container.run(*container.command("HEALTHCHECK"), **variables, **proxy).returncode == 0

    migrated = container.run("python", "manage.py", "db", "migrate", **variables)
    assert migrated.returncode == 0, migrated.stdout
    assert not is_healthy()
    with container.running(*container.command("CMD"), **variables) as server:
        healthy = eventually(lambda: is_healthy() or server.poll() is not None, 180)
        server.send_signal(signal.SIGTERM)
        output, _ = server.communicate(timeout=60)
    assert healthy, output
    assert server.returncode == 0, output
    assert container.files() == before


def test_it_runs_as_a_user_of_its_own(container: Container) -> None:
    assert int(container.one("USER")) >= 10_000
    assert f"--uid {container.one('USER')} " in container.all("RUN")[0]


def test_it_does_not_start_without_a_secret(container: Container) -> None:
    refused = container.run(*container.command("CMD"))
    assert refused.returncode != 0
    assert "AUTH_SECRET" in refused.stdout
    assert len(refused.stdout.splitlines()) == 1
