"""Commands, links and tables in the documents match the code."""

import json
import re
from pathlib import Path

import pytest

from app.modules.chats_module.extension import ROLES, Permission
from app.modules.chats_module.services import permissions as of_chats
from app.modules.messages_module.services import permissions as of_messages
from app.modules.pins_module.services import PIN
from app.modules.versions_module.services import READ_VERSIONS

_CODE = re.compile(r"```.*?```", re.DOTALL)
README = ("README.md", "README.ru.md")
REST_GUIDES = ("rest.md", "rest.ru.md")


def commands(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def test_both_readmes_give_the_same_commands(project_root: Path) -> None:
    english, russian = [commands((project_root / name).read_text(encoding="utf-8")) for name in README]
    assert english == russian
    assert len(english) > 5


def test_the_gate_ends_with_the_test_command_of_the_readme(project_root: Path) -> None:
    makefile = (project_root / "Makefile").read_text(encoding="utf-8")
    last = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert last is not None
    typed = last[1].splitlines()[-1].strip().replace("$(BIN)", ".venv/bin")
    for name in README:
        assert f"&& {typed}\n" in (project_root / name).read_text(encoding="utf-8")


def test_every_link_between_the_documents_works(project_root: Path) -> None:
    documents = [*project_root.glob("*.md"), *project_root.glob("docs/**/*.md"), *project_root.glob("app/**/*.md")]
    broken = [
        f"{document.name}: {link}"
        for document in documents
        for link in re.findall(r"\]\(([^):]+)\)", _CODE.sub("", document.read_text(encoding="utf-8")))
        if not _leads_somewhere(document, link)
    ]
    assert broken == []


def _leads_somewhere(document: Path, link: str) -> bool:
    """Returns True if the file of the link exists, with a heading that has the link's anchor."""
    target, _, anchor = link.partition("#")
    page = document.parent / target if target else document
    if not anchor or page.suffix != ".md" or not page.exists():
        return page.exists()
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_index_lists_every_document_and_decision(project_root: Path) -> None:
    docs = project_root / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    documents = [page.relative_to(docs).as_posix() for page in (*docs.glob("*.md"), *docs.glob("adr/*.md"))]
    assert [page for page in documents if page != "README.md" and f"({page})" not in index] == []


def test_the_structure_lists_no_removed_module(project_root: Path) -> None:
    folders = {manifest.parent.name for manifest in (project_root / "app" / "modules").glob("*_module/module.py")}
    for name in README:
        listed = set(re.findall(r"^    (\w+_module)/", (project_root / name).read_text(encoding="utf-8"), re.MULTILINE))
        assert listed <= folders


def test_the_russian_word_for_an_account_is_the_same_everywhere(project_root: Path) -> None:
    texts = [*project_root.glob("*.md"), *project_root.glob("docs/**/*.md"), *project_root.glob("app/**/*.md*")]
    texts += project_root.glob("app/modules/ui_module/static/js/**/*.js")
    other = re.compile("учётн[а-я]+ запис|учетн[а-я]+ запис", re.IGNORECASE)
    assert [text.name for text in texts if other.search(text.read_text(encoding="utf-8"))] == []


def test_the_russian_word_for_a_webhook_is_the_same_everywhere(project_root: Path) -> None:
    texts = [*project_root.glob("*.ru.md"), *project_root.glob("docs/**/*.ru.md")]
    # Not in names of code, and not in addresses.
    other = re.compile(r"(?<![`/_.\w-])webhooks?(?![\w`.:/-])")
    assert [text.name for text in texts if other.search(text.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("page", REST_GUIDES)
def test_the_rest_guide_names_calls_that_exist(project_root: Path, page: str) -> None:
    document = json.loads((project_root / "docs" / "openapi.json").read_text(encoding="utf-8"))
    calls = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    text = (project_root / "docs" / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE)\s+(/[^`? ]+)`", text))
    assert len(named) > 10
    assert {(method, f"/api/v1{path}") for method, path in named} <= calls


@pytest.mark.parametrize("page", REST_GUIDES)
def test_the_permissions_in_the_rest_guide_are_those_of_the_code(project_root: Path, page: str) -> None:
    rights: list[tuple[Permission, ...]] = [
        (of_messages.POST, of_messages.EDIT_OWN, of_messages.TYPE),
        (of_messages.REACT,),
        (of_messages.DELETE_OWN, of_messages.TAKE_BACK_REACTION),
        (of_messages.DELETE_ANY,),
        (READ_VERSIONS,),
        (PIN,),
        (of_chats.CHANGE_CHAT, of_chats.ADD_MEMBERS, of_chats.CHANGE_MEMBERS, of_chats.REMOVE_MEMBERS),
        (of_chats.APPOINT_ADMINS, of_chats.DELETE_CHAT),
    ]
    text = (project_root / "docs" / page).read_text(encoding="utf-8")
    table = re.findall(r"^\| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    # Without the head of the table, reading and leaving, for which no permission is needed.
    for cells, granted in zip(table[2:-1], rights, strict=True):
        for kind, cell in zip(("direct", "group", "channel"), cells, strict=True):
            named = [role for role in ROLES if role in cell]
            for permission in granted:
                assert permission.default.get(kind) == (named[0] if named else None), (permission.name, kind)


def test_both_rest_guides_give_the_same_examples(project_root: Path) -> None:
    english, russian = [(project_root / "docs" / name).read_text(encoding="utf-8") for name in REST_GUIDES]
    quoted = re.compile(r"`[A-Z/][^`]*`|\b[45]\d\d\b")
    assert sorted(set(quoted.findall(english))) == sorted(set(quoted.findall(russian)))
    for sign in ("\n## ", "\n| ", "\n- ", "```"):
        assert english.count(sign) == russian.count(sign), sign
