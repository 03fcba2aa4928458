"""Code and documents use the field's words, as CONTRIBUTING.md asks."""

import re
from pathlib import Path

from app.resources.constants import MODULE_SUFFIX, MODULES_DIR
from app.settings import PROJECT_ROOT
from app.utils.nouns import singular

SAY_INSTEAD = {
    "away": "unavailable, down",
    "bell": "notification",
    "dismiss": "remove",
    "doorbell": "notification",
    "hear": "receive, be notified",
    "heard": "received, was notified",
    "mend": "fix",
    "mended": "fixed",
    "mends": "fixes",
    "nobody": "no client, no user: say which",
    "outbox": "send buffer",
    "patience": "timeout",
    "ring": "notify, notification",
    "rings": "notifies, notifications",
    "rung": "notified",
    "shelf": "cache",
    "somebody": "a user, a client: say which",
    "stands": "exists, is stored",
    "stood": "existed, was stored",
    "tell": "publish, announce, report",
    "tells": "publishes, announces, reports",
    "told": "published, notified, informed",
    "wanted": "required, expected, requested",
    "whether": "Returns True if ... (at the beginning of a docstring)",
    "whoever": "the user, the client: say which",
}
# Words that have their usual meaning in a file, or are a value there. Fewer than 30.
ALLOWED: dict[str, set[str]] = {
    # `nobody`, a value of `who_may_add`
    "CHANGELOG.md": {"nobody"},
    "SECURITY.md": {"nobody"},
    "app/modules/accounts_module/db/cruds/accounts.py": {"nobody"},
    "app/modules/accounts_module/schemas/account.py": {"nobody"},
    "app/modules/accounts_module/services/erasure.py": {"nobody"},
    "app/modules/chats_module/tests/test_sizes.py": {"nobody"},
    "tests/acceptance/ui/test_refusals.py": {"nobody"},
    "docs/rest.md": {"nobody"},
    # `nobody`, a user of the system or a login
    "README.md": {"nobody"},
    "app/adapters/db/embedded/account.py": {"nobody"},
    "app/modules/accounts_module/services/usernames.py": {"nobody"},
    "docs/adr/0006-embedded-postgresql.md": {"nobody"},
    "tests/adapters/embedded/support.py": {"nobody"},
    # a key in the storage of browsers, which holds unsent messages of earlier releases
    "app/modules/ui_module/static/js/sendQueue.js": {"outbox"},
    # the pattern of this name
    "docs/adr/0015-durable-subscribers.md": {"outbox"},
    # names of modules
    "tests/acceptance/module_creator/test_made_module.py": {"bell", "outbox", "rings", "shelf"},
    # the method of a file
    "tests/acceptance/test_uploads.py": {"tell"},
}
NAMES = {
    word
    for folder in MODULES_DIR.glob(f"*{MODULE_SUFFIX}")
    for name in [folder.name.removesuffix(MODULE_SUFFIX)]
    for word in f"{name}_{singular(name)}".split("_")
}
"""The words in the names of modules, which may be about bells or shelves."""
_WORDS = re.compile(
    rf"\b({'|'.join(word for word in SAY_INSTEAD if word != 'whether' and word not in NAMES)})\b", re.IGNORECASE
)
_WHETHER = re.compile(r'"""(Whether)\b')
_FOLDERS = ("app", "tests", "docs")
_KINDS = {".jinja", ".py", ".md", ".html", ".js", ".css", ".yml", ".toml", ".conf"}


def list_texts() -> list[Path]:
    """Returns the project's code and documents, except Russian ones, migrations, and this file."""
    files = [file for folder in _FOLDERS for file in (PROJECT_ROOT / folder).rglob("*")]
    files += [file for file in PROJECT_ROOT.iterdir() if file.is_file()]
    here = Path(__file__)
    return [
        file
        for file in files
        if file.suffix in _KINDS and ".ru." not in file.name and "versions" not in file.parts and file != here
    ]


def test_texts_use_the_words_of_the_field() -> None:
    found = []
    for file in list_texts():
        name = file.relative_to(PROJECT_ROOT).as_posix()
        text = file.read_text(encoding="utf-8")
        # Parts of identifiers such as `_tell_all` count as words, too.
        for match in (*_WORDS.finditer(text.replace("_", " ")), *_WHETHER.finditer(text)):
            word = match[1].lower()
            if word not in ALLOWED.get(name, ()):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{name}:{line}: {match[1]!r}: say {SAY_INSTEAD[word]}")
    assert not found, "\n".join(found)


def test_the_list_of_exceptions_is_short_and_used() -> None:
    assert sum(len(words) for words in ALLOWED.values()) < 30
    for name, words in ALLOWED.items():
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8").lower()
        assert all(re.search(rf"\b{word}\b", text) for word in words), name
