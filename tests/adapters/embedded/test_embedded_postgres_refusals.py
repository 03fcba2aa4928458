"""What the embedded PostgreSQL cannot work with. Each error is one line that says what to do instead."""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from app.adapters.db.embedded.binaries import find_binaries
from app.settings import PROJECT_ROOT
from tests.adapters.embedded.support import AS_ROOT, ORDINARY, Owner, process_of, query


def mount_small_disk(place: Path, size: str) -> bool:
    return AS_ROOT and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]).returncode == 0


def may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        return mount_small_disk(Path(folder), "4k") and subprocess.run(["umount", folder]).returncode == 0


MAY_MOUNT = may_mount()


def refusal(data_dir: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(data_dir, durable=False).start()
    return checked(str(caught.value))


def checked(message: str) -> str:
    assert "\n" not in message
    assert "PG_SERVER_ADDRESS" in message
    return message


def test_a_path_of_a_file_is_refused(place: Path) -> None:
    (place / "file").write_text("kept")
    assert "is not a folder: set PG_EMBEDDED_DATA_DIR" in refusal(place / "file")
    assert "is not a folder: set PG_EMBEDDED_DATA_DIR" in refusal(place / "file" / "postgres")
    assert (place / "file").read_text() == "kept"


def test_a_folder_that_is_not_writable_is_refused(place: Path) -> None:
    os.chown(place, ORDINARY.pw_uid, -1)
    place.chmod(0o500)
    with Owner(place / "postgres", ordinary=True) as owner:
        assert f"has no access to {place / 'postgres'}" in checked(owner.refusal)
    assert "cannot be used" in (message := refusal(Path("/proc/postgres"))) or "is not open" in message


def test_a_folder_below_an_inaccessible_one_is_refused(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir()
    closed.chmod(0o700 if AS_ROOT else 0)
    message = refusal(closed / "postgres")
    assert f"{closed} is closed to the user" in message or f"{closed}/postgres is not open" in message
    closed.chmod(0o700)
    assert list(closed.iterdir()) == []


def test_a_folder_of_another_user_is_refused(data_dir: Path) -> None:
    """Root runs PostgreSQL as the owner of the folder. An ordinary user cannot use root's folder, or one without
    access."""
    parent = data_dir.parent
    parent.chmod(0o755 if AS_ROOT else 0)
    try:
        with Owner(data_dir, ordinary=True) as owner:
            assert "has no access to" in checked(owner.refusal)
            assert "chown -R" in owner.refusal
    finally:
        parent.chmod(0o755)


if AS_ROOT:

    def test_a_copy_that_belongs_to_root_is_refused_with_the_command_that_helps(data_dir: Path, place: Path) -> None:
        copy = place / "postgres"
        subprocess.run(["cp", "-R", data_dir, copy], check=True)
        helps = re.search(r"\((chown .+)\)", refusal(copy))
        assert helps
        subprocess.run(helps[1].split(), check=True)
        with EmbeddedPostgres(copy, durable=False) as server:
            assert query(server.address, "SELECT n FROM kept") == "7"


def half_a_folder(root: Path, version: str) -> Path:
    (root / "data").mkdir(parents=True)
    (root / "data" / "PG_VERSION").write_text(f"{version}\n")
    os.chown(root / "data", ORDINARY.pw_uid, -1)
    return root


def test_data_of_another_version_is_refused(place: Path) -> None:
    message = refusal(half_a_folder(place / "postgres", "17"))
    assert "was made by PostgreSQL 17, the built-in one is 18 and does not read it" in message


def test_data_without_its_password_is_refused(place: Path) -> None:
    assert "password is missing" in refusal(half_a_folder(place / "postgres", "18"))


def test_a_folder_with_files_of_other_programs_is_refused(place: Path) -> None:
    (place / "postgres" / "data").mkdir(parents=True)
    (place / "postgres" / "data" / "letter.txt").touch()
    assert "has files in it but no database" in refusal(place / "postgres")


def test_a_symbolic_link_in_place_of_an_own_file_is_refused(place: Path) -> None:
    data_dir = half_a_folder(place / "postgres", "18")
    (data_dir / "password").write_text("secret")
    (place / "precious").write_text("kept")
    (data_dir / "postgres.log").symlink_to(place / "precious")
    assert "symbolic link" in refusal(data_dir)
    assert (place / "precious").read_text() == "kept"


def test_a_foreign_server_on_the_data_folder_is_refused(data_dir: Path) -> None:
    """Its postmaster.pid names a living process that we did not start. That process is not touched."""
    pid_file = data_dir / "data" / "postmaster.pid"
    with process_of(uid := (data_dir / "data").stat().st_uid) as stranger:
        pid_file.write_text(f"{stranger}\n{data_dir / 'data'}\n1\n5432\n")
        os.chown(pid_file, uid, -1)
        assert "another PostgreSQL that was not started by this application uses" in refusal(data_dir)
        assert pid_file.read_text().startswith(f"{stranger}\n")
    pid_file.unlink()


def test_an_unknown_setting_is_reported_in_the_words_of_postgresql(data_dir: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r'could not start .* FATAL: .*"no_such_setting"'):
        EmbeddedPostgres(data_dir, options={"no_such_setting": "1"}).start()
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert query(server.address, "SELECT n FROM kept") == "7"


def small_disk(place: Path) -> Owner:
    assert mount_small_disk(place, "20m")
    return Owner(place / "postgres")


def small_files(place: Path) -> Owner:
    place.chmod(0o777)
    return Owner(place / "postgres", ordinary=True, file_size=2 << 20)


@pytest.mark.parametrize("limited", [small_files, small_disk] if MAY_MOUNT else [small_files])
def test_a_new_database_on_a_full_disk_is_refused(limited: Callable[[Path], Owner], place: Path) -> None:
    try:
        with limited(place) as owner:
            assert "free some space" in owner.refusal or "ulimit" in checked(owner.refusal)
        assert not (place / "postgres" / "data").exists()
    finally:
        if limited is small_disk:
            subprocess.run(["umount", place], check=True)


def test_a_start_with_too_little_disk_space_is_refused(data_dir: Path) -> None:
    with Owner(data_dir, file_size=0) as owner:
        assert "may not grow as large as the database needs" in checked(owner.refusal)
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert query(server.address, "SELECT n FROM kept") == "7"


if MAY_MOUNT:

    def test_a_start_on_a_full_disk_works_again_once_there_is_space(data_dir: Path, place: Path) -> None:
        assert mount_small_disk(place, "100m")
        try:
            subprocess.run(["cp", "-a", data_dir, place], check=True)
            ballast = place / "ballast"
            filled = subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=64k"], stderr=subprocess.DEVNULL)
            assert filled.returncode != 0
            assert "is full: free some space" in refusal(place / "postgres")
            ballast.unlink()
            with EmbeddedPostgres(place / "postgres", durable=False) as server:
                assert query(server.address, "SELECT n FROM kept") == "7"
        finally:
            subprocess.run(["umount", place], check=True)


def test_a_platform_without_the_wheel_is_refused() -> None:
    code = (
        "from pathlib import Path; from app.adapters.db.embedded import EmbeddedPostgres\n"
        "import sys; sys.path = [path for path in sys.path if 'site-packages' not in path]\n"
        "EmbeddedPostgres(Path('unused')).start()"
    )
    failed = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True)
    last = failed.stderr.splitlines()[-1]
    assert "EmbeddedPostgresError: the built-in PostgreSQL is not installed" in checked(last)


def test_a_thread_whose_end_would_end_the_server_is_refused(place: Path) -> None:
    errors: list[RuntimeError] = []

    def start() -> None:
        with pytest.raises(RuntimeError, match="use the main thread") as caught:
            EmbeddedPostgres(place / "postgres").start()
        errors.append(caught.value)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert errors
    assert not (place / "postgres").exists()


def test_the_programs_of_the_wheel_exist() -> None:
    assert all((find_binaries() / name).is_file() for name in ("postgres", "initdb", "psql"))
