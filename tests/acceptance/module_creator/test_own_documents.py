"""A module with a setting, a rate limit, an error, a metric and an event: its folder is all that is written by hand."""

from pathlib import Path

import pytest

from app.adapters.db.address import DatabaseAddress
from tests.acceptance.module_creator.support import run, succeeds, tree
from tests.processes import free_port

FILES = {
    "__init__.py": "",
    "settings.py": """\
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from app.settings.base import SettingsGroup


class LettersSettings(SettingsGroup):
    model_config = SettingsConfigDict(env_prefix="LETTERS_")
    russian = {"stamp": "цена письма"}

    stamp: int = Field(3, ge=1, description="price of a letter")
""",
    "services.py": """\
from app.services.errors import Conflict
from app.services.rate_limits import RateLimit
from app.utils.metrics import counter

LETTERS = RateLimit("letters", "10/minute", "account")
SENT = counter("letters_sent", "letters that were sent", ("country",))


class LetterIsSent(Conflict):
    code = "letter_is_sent"
    title = "This letter is sent"
""",
    "module.py": """\
from uuid import UUID

from pydantic import BaseModel

from app.modules.letters_module.services import LETTERS
from app.modules.letters_module.settings import LettersSettings
from app.utils.module import Module


class LetterSent(BaseModel):
    chat_id: UUID
    country: str


module = Module(
    name="letters",
    description="Letters",
    depends_on=("base",),
    settings=LettersSettings,
    events={"letter.sent": LetterSent},
    contributes=(LETTERS,),
)
""",
}
ROWS = {
    ".env.example": "# price of a letter\nLETTERS_STAMP=3\n\n# letters, per account\nRATE_LIMIT_LETTERS=10/minute\n",
    "README.md": "| `LETTERS_STAMP` | `3` | price of a letter |\n| `RATE_LIMIT_LETTERS` | `10/minute` |",
    "README.ru.md": "| `LETTERS_STAMP` | `3` | цена письма |",
    "docs/errors.md": "| `letter_is_sent` | 409 | This letter is sent | read the object again",
    "docs/errors.ru.md": "| `letter_is_sent` | 409 | This letter is sent | прочитайте объект заново",
    "docs/metrics.md": "| `messenger_letters_sent_total` | `country` | letters that were sent |",
    "docs/realtime.md": "| `letter.sent` | chat | `chat_id`, `country` |",
    "docs/realtime.ru.md": "| `letter.sent` | чат | `chat_id`, `country` |",
    "docs/asyncapi.json": '"letter.sent"',
}
USE = """
from app.fastapi_engine.constructor import build_app
from app.modules.letters_module.services import LETTERS
from app.modules.letters_module.settings import LettersSettings
from app.services.rate_limits import RateLimits
from app.utils.own_settings import load_all_settings
from app.utils.setup_modules import discover_modules

container = build_app(load_all_settings(discover_modules(), None)).state.container
container.get(RateLimits).hit(LETTERS, "anna")
print(container.get(LettersSettings).stamp)
"""


@pytest.fixture
def letters(project: Path) -> Path:
    """A copy of the project with the handwritten module."""
    folder = project / "app" / "modules" / "letters_module"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return project


def test_the_documents_include_a_module_that_changes_no_other_file(letters: Path) -> None:
    before = tree(letters)
    checked = run(letters, "manage.py", "docs", "--check")
    assert checked.returncode == 1
    assert {line.partition(" is stale")[0] for line in checked.stderr.splitlines()} == set(ROWS)
    assert tree(letters) == before
    succeeds(letters, "manage.py", "docs")
    succeeds(letters, "manage.py", "docs", "--check")
    after = tree(letters)
    assert {path for path in after if after[path] != before.get(path)} == set(ROWS)
    for path, row in ROWS.items():
        assert row in after[path].decode(), path
    assert run(letters, "-c", USE, LETTERS_STAMP="5").stdout == "5\n"


def test_a_wrong_setting_of_a_module_stops_the_start_in_one_line_each(letters: Path) -> None:
    done = run(letters, "main.py", LETTERS_STAMP="0", RATE_LIMIT_LETTERS="often")
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(" is not allowed")[0] for line in done.stderr.splitlines()] == [
        "LETTERS_STAMP: '0'",
        "RATE_LIMIT_LETTERS: 'often'",
    ]


def test_a_wrong_setting_that_only_a_worker_finds_stops_all_workers(
    letters: Path, empty_database: DatabaseAddress
) -> None:
    manifest = letters / "app" / "modules" / "letters_module" / "module.py"
    hidden = manifest.read_text(encoding="utf-8").replace("contributes=(LETTERS,)", "contributes=(*[LETTERS][:1],)")
    manifest.write_text(hidden, encoding="utf-8")
    port = str(free_port())
    done = run(
        letters, "main.py", at=empty_database, API_WORKERS="2", API_SERVICE_PORT=port, RATE_LIMIT_LETTERS="often"
    )
    assert done.returncode == 2, done.stderr
    assert "\nRATE_LIMIT_LETTERS: 'often' is not allowed:" in f"\n{done.stderr}"
