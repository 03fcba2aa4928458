"""The pages on deployment and the files of Docker Compose agree with the server. Docker is not needed to check them."""

import re
import subprocess
import tarfile
from io import BytesIO
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from app.commands.manage import program
from app.modules.attachments_module.settings import AttachmentSettings
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


def blocks(page: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page, re.DOTALL)


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


@pytest.mark.parametrize(
    ("restored", "start"),
    [("manage db restore", "systemctl start"), ("-T api sh -c 'cat >", "docker compose up --detach\n")],
)
def test_a_restore_brings_the_files_to_the_new_database(page: str, restored: str, start: str) -> None:
    """Otherwise the server deletes nothing in their store, which belongs to the database before the restore.

    `doctor` comes after the start: before it, jobs that have become due since the backup look like a fault.
    """
    block = next(block for block in blocks(page) if restored in block)
    order = ["db restore --yes", "migrate", "attachments adopt --yes", start, "doctor"]
    rest = block[block.index(restored) :]
    assert sorted(map(rest.index, order)) == [rest.index(command) for command in order]


def test_a_restore_of_containers_stops_all_that_use_the_database(page: str) -> None:
    """A worker does, too, if there is one."""
    [block] = [block for block in blocks(page) if "docker compose" in block]
    lines = block.splitlines()
    [loaded] = [number for number, line in enumerate(lines) if "-T api sh -c 'cat >" in line]
    commands = lines[loaded - 1].partition("#")[0].rstrip().split(" && ")
    assert commands[1:] == ["docker compose down", "docker compose up --detach --wait postgres"]


def test_containers_get_the_files_of_a_backup_as_their_own_user(page: str) -> None:
    """`docker compose cp` makes files of root, which the server can neither write nor delete."""
    [block] = [block for block in blocks(page) if "docker compose" in block]
    assert "docker compose cp" not in block
    made = re.search(r"tar -C (\S+) -c (\w+)' >", block)
    assert made is not None
    assert AttachmentSettings().store == f"file://{made[1]}/{made[2]}"
    assert f"-T api tar -C {made[1]} -x <" in block


def test_containers_without_a_file_have_a_backup_of_their_files(page: str, tmp_path: Path) -> None:
    """The server makes the folder when the first file is uploaded."""
    command = re.search(r"docker compose exec -T api (.+) > \$backup\.tar", page)
    assert command is not None
    (tmp_path / ".data").mkdir()
    made = subprocess.run(["/bin/sh", "-c", command[1]], cwd=tmp_path, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    with tarfile.open(fileobj=BytesIO(made.stdout)) as archive:
        assert archive.getnames() == ["files"]


def test_containers_serve_until_the_database_is_migrated(page: str) -> None:
    """`up` replaces all of them at once, so `--build` would end them before the migrations begin."""
    [line] = [line for line in page.splitlines() if line.startswith("git pull")]
    order = ["docker compose build", "docker compose run --rm migrate", "docker compose up --detach"]
    assert line.split(" && ")[1:] == order
    assert [row for row in page.splitlines() if "compose.yml]" in row and re.search("rolling|поочерёдн", row)] == []


def test_a_proxy_in_front_of_the_containers_is_trusted_at_the_gateway_of_their_network(
    page: str, project_root: Path
) -> None:
    text = (project_root / "docker-compose.yml").read_text(encoding="utf-8")
    [network] = yaml.safe_load(text)["networks"]["default"]["ipam"]["config"]
    assert ip_address(network["gateway"]) in ip_network(network["subnet"])
    assert f"API_TRUSTED_PROXIES={network['gateway']}" in text
    folder = project_root / "docs/deployment"
    for named in (page, *[(folder / name).read_text(encoding="utf-8") for name in ("nginx.conf", "Caddyfile")]):
        assert re.search(rf"docker-compose\.yml.*\s.*{re.escape(network['gateway'])}", named)


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_the_worker_of_the_page_is_a_container_without_the_health_check_of_a_server(
    page: str, project_root: Path, name: str
) -> None:
    [worker] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    text = (project_root / name).read_text(encoding="utf-8").replace("\nservices:\n", f"\nservices:\n{worker}")
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    assert services["worker"]["image"] == services["api"]["image"]
    assert services["worker"]["command"] == ["python", "manage.py", "worker"]
    assert services["worker"]["healthcheck"] == {"disable": True}
    assert services["worker"]["depends_on"].keys() <= services.keys()


def test_the_commands_of_the_pages_exist(page: str) -> None:
    typed = re.findall(r"\bmanage(?:\.py)? ((?:[a-z][a-z-]+ ?)+)", page)
    assert len(typed) > 10
    for words in typed:
        command: Any = get_command(program)
        for word in words.split():
            command = getattr(command, "commands", {word: command})[word]
        assert not hasattr(command, "commands"), words


def test_both_pages_give_the_same_commands(project_root: Path) -> None:
    english, russian = [
        [line.partition("# ")[0].rstrip() for block in blocks(page) for line in block.splitlines()]
        for page in [(project_root / "docs" / name).read_text(encoding="utf-8") for name in PAGES]
    ]
    assert english == russian
