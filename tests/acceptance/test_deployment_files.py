"""The examples of docs/deployment are read by the programs that they are for.

`make lint` checks the files of Docker Compose, and test_http_behind_nginx.py sends requests through nginx.conf.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from tests.nginx import find_nginx
from tests.processes import free_port

UNITS = ("messenger.service", "messenger@.service", "messenger-nats.service")


@pytest.fixture
def folder(project_root: Path) -> Path:
    return project_root / "docs" / "deployment"


def check(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr if "analyze" in str(command[0]) else "") == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_the_units(folder: Path, tmp_path: Path, name: str) -> None:
    """Of an installation only the program exists here."""
    program = shutil.which("systemd-analyze")
    assert program, "this test needs systemd-analyze: apt-get install systemd"
    python = tmp_path / "messenger" / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    unit = (folder / name).read_text(encoding="utf-8").replace("/opt/messenger", str(tmp_path / "messenger"))
    copy = tmp_path / name.replace("@", "@8788")
    copy.write_text(unit, encoding="utf-8")
    check(program, "verify", "--man=no", "--recursive-errors=no", copy)


def lines_of(unit: Path, section: str) -> list[str]:
    return unit.read_text(encoding="utf-8").partition(f"[{section}]\n")[2].partition("\n[")[0].splitlines()


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_started_again_however_often_it_fails(folder: Path, name: str) -> None:
    """Otherwise systemd gives up after five failures in ten seconds, for a database that is back a minute later."""
    assert "StartLimitIntervalSec=0" in lines_of(folder / name, "Unit")


@pytest.mark.parametrize("name", ["messenger.service", "messenger@.service"])
def test_other_users_of_the_machine_cannot_read_what_a_unit_writes(folder: Path, name: str) -> None:
    assert {"StateDirectoryMode=0700", "UMask=0077"} <= set(lines_of(folder / name, "Service"))


def test_a_shell_reads_the_settings_of_a_unit_as_systemd_does(folder: Path, tmp_path: Path) -> None:
    """Without an error, and a value in single quotes as it is in them."""
    unit = (folder / "messenger.service").read_text(encoding="utf-8")
    lines = re.findall(r"^#   (\w+=(?:'[^'\n]*'|\S+))", unit, re.MULTILINE)
    file = tmp_path / "messenger.env"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    script = f"set -e; set -a; . {file}; set +a; env"
    done = subprocess.run(["sh", "-c", script], env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    read = {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
    assert "Messenger <messenger@example.com>" in read.values()
    assert read.items() <= dict(line.split("=", 1) for line in done.stdout.splitlines()).items()


def test_an_error_in_a_unit_is_found(tmp_path: Path) -> None:
    unit = tmp_path / "wrong.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nRestartSeconds=1\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="RestartSeconds"):
        check("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit)


@pytest.mark.parametrize("page", [None, "scaling.md", "scaling.ru.md"])
def test_nginx_accepts_its_configuration(folder: Path, tmp_path: Path, page: str | None) -> None:
    """As it is, and with the upstream of two nodes."""
    text = (folder / "nginx.conf").read_text(encoding="utf-8")
    if page is not None:
        nodes = re.search(r"```nginx\n(.*?)```", (folder.parent / page).read_text(encoding="utf-8"), re.DOTALL)
        assert nodes is not None
        text, count = re.subn(r"(?: *server 127[^\n]*\n)+", nodes[1], text)
        assert count == 1
    authority = trustme.CA()
    certificate = authority.issue_cert("messenger.example.com")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "fullchain.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "privkey.pem")
    text = text.replace("/etc/ssl/messenger", str(tmp_path)).replace("443", f"127.0.0.1:{free_port()}", 1)
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ access_log off; {text} }}"
    file = tmp_path / "nginx.conf"
    file.write_text(whole, encoding="utf-8")
    check(find_nginx(), "-t", "-q", "-e", tmp_path / "log", "-p", tmp_path, "-c", file)


def test_nats_accepts_its_configuration(folder: Path, tmp_path: Path) -> None:
    text = (folder / "nats.conf").read_text(encoding="utf-8")
    text = text.replace("$NATS_PASSWORD", "secret").replace("$NATS_ROUTE", "nats://route:secret@10.0.0.2:6222")
    file = tmp_path / "nats.conf"
    file.write_text(text, encoding="utf-8")
    check(Path(sys.executable).with_name("nats-server"), "-t", "-c", file)
