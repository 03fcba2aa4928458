"""The dialogue of `python create_module.py`, and the names that it refuses."""

import os
import pty
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from app.utils.module_creator import CreatorError, ModuleCreator
from tests.acceptance.module_creator.support import QUESTION, environment_of, interrupted_at_the_prompt, run, tree


def test_the_dialogue_works_on_a_terminal(project: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "create_module.py"],
        cwd=project,
        env=environment_of(None),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    try:
        while not seen.endswith(b"-> "):
            seen += os.read(ours, 1024)
        os.write(ours, b"some_module\n")
        while chunk := os.read(ours, 1024):
            seen += chunk
    except OSError:
        pass  # a terminal reports in this way that the other side is closed
    finally:
        os.close(ours)
    assert process.wait(timeout=30) == 0
    assert seen.decode().replace("\r\n", "\n") == (
        "Введите латинское название модуля:\n-> some_module\n\n-> Модуль some_module успешно создан!\n"
    )


@pytest.mark.parametrize("locale", ["C", "ru_RU.KOI8-R"])
def test_the_dialogue_works_through_a_pipe_in_any_locale(project: Path, locale: str) -> None:
    done = run(project, "create_module.py", says="shop\n", LC_ALL=locale, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{QUESTION}\n-> Модуль shop_module успешно создан!\n"
    assert (project / "app/modules/shop_module/module.py").is_file()


@pytest.mark.parametrize("name", ["", "магазин", b"\xf0\xcf", "my shop", "../shop"])
def test_a_refusal_is_one_line_and_nothing_is_written(shop: Path, name: str | bytes) -> None:
    before = tree(shop)
    done = run(shop, "create_module.py", says=(name if isinstance(name, bytes) else name.encode()) + b"\n")
    assert (done.returncode, done.stdout) == (2, f"{QUESTION}-> \n")
    _is_one_line(done.stderr)
    assert tree(shop) == before


def test_the_dialogue_asks_again_after_an_invalid_name(project: Path) -> None:
    done = run(project, "create_module.py", says="my shop\nchat\nshop\n")
    assert (done.returncode, done.stdout) == (0, f"{QUESTION}-> -> \n-> Модуль shop_module успешно создан!\n")
    assert [line.partition(" / ")[2][:20] for line in done.stderr.splitlines()] == [
        "The name 'my shop' i",
        "The name chat is tak",
    ]


def test_a_closed_input_is_reported_in_one_line(shop: Path) -> None:
    before = tree(shop)
    done = run(shop, "create_module.py", before=lambda: os.close(0))
    assert (done.returncode, done.stdout) == (1, f"{QUESTION}\n")
    _is_one_line(done.stderr)
    assert tree(shop) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("   ", "is empty"),
        ("_module", "is empty"),
        ("2shop", "is not allowed"),
        ("Shop", "is not allowed"),
        ("shop-club", "is not allowed"),
        ("shop__club", "is not allowed"),
        ("shop_", "is not allowed"),
        ("_shop", "is not allowed"),
        ("shop\nclub", "is not allowed"),
        ("shoр", "is not allowed"),  # the last letter is Cyrillic
        ("/shop", "is not allowed"),
        ("shop/club", "is not allowed"),
        ("s" * 25, "longer than 24"),
        ("class", "keyword"),
        ("import_module", "keyword"),
        ("base", "reserved"),
        ("base_module", "reserved"),
        ("ws", "reserved"),
        ("shop_0001", "reserved"),
        ("shop_module_module", "reserved"),
        ("accounts", "already exists"),
        ("accounts_module", "already exists"),
        ("chat", "table chat already exists"),
        ("account_chat", "table account_chat already exists"),
        ("catalogue", "table catalogue_chat_types already exists"),
        ("auth", "table auth_session already exists"),
        ("digest", "table digest_chat already exists"),
        ("alembic_version", "table alembic_version already exists"),
        ("alembic_versions", "table alembic_version already exists"),
    ],
)
def test_an_invalid_name_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(CreatorError, match=f" / .*{reason}"):
        ModuleCreator(name.strip())


@pytest.mark.parametrize("name", ["l", "members", "pages", "lists"])
def test_a_name_that_means_something_else_gets_a_suffix(name: str) -> None:
    """The schema of a member is `MemberRead` already; the others are a letter, a word of the templates, a type."""
    assert ModuleCreator(name).context()["noun"] == f"{name.removesuffix('s')}_item"


@pytest.mark.parametrize("name", ["shop", "shop_module"])
def test_an_existing_name_is_refused(shop: Path, name: str) -> None:
    before = tree(shop)
    done = run(shop, "create_module.py", name)
    assert (done.returncode, done.stdout) == (2, "")
    _is_one_line(done.stderr)
    assert "shop_module уже есть" in done.stderr
    assert tree(shop) == before


def test_ctrl_d_ends_it_with_one_line(shop: Path) -> None:
    before = tree(shop)
    done = run(shop, "create_module.py")
    assert (done.returncode, done.stdout) == (1, f"{QUESTION}\n")
    _is_one_line(done.stderr)
    assert tree(shop) == before


def test_ctrl_c_ends_it_with_one_line(shop: Path) -> None:
    before = tree(shop)
    done = interrupted_at_the_prompt(shop)
    assert (done.returncode, done.stdout) == (130, f"{QUESTION}\n")
    _is_one_line(done.stderr)
    assert tree(shop) == before


def test_a_failure_half_way_is_rolled_back(shop: Path) -> None:
    def allow_small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))

    before = tree(shop)
    done = run(shop, "-B", "create_module.py", "club", before=allow_small_files_only)
    assert done.returncode == 2
    _is_one_line(done.stderr)
    assert tree(shop) == before


def test_a_read_only_folder_is_reported(project: Path) -> None:
    # A file in place of the folder: it stops root as well.
    versions = project / "app/adapters/db/migrations/versions"
    versions.rename(versions.with_name("elsewhere"))
    versions.touch()
    before = tree(project)
    done = run(project, "create_module.py", "club")
    assert done.returncode == 2
    _is_one_line(done.stderr)
    assert tree(project) == before


def _is_one_line(text: str) -> None:
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert " / " in text
    assert "Traceback" not in text
