"""The AsyncAPI document is valid, and matches the code and the frames of real sockets."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from app.adapters.db.migrations.heads import branches
from app.commands.generated import without_added_modules
from app.fastapi_engine.constructor import build_app
from app.modules.base_module.schemas import ResponseModel
from app.modules.sockets_module.services.asyncapi import make_document
from app.settings import Mode, Settings
from app.utils.module import Module, Modules
from tests.asyncapi import Dictionary, complain, validator_of
from tests.fakers import FakeClient, FakeSocket, ok, problem
from tests.servers import served

_KIND = re.compile(r"[a-z]+\.(?:[a-z_]+ed|left|ready|sent|signed_in|hidden)")
_NOTIFICATIONS = {"session.ended", "presence.left", "presence.hidden"}
ANNA = "0d9f1bc0-1c1e-4d0a-8a7e-3f1d0b6f7a11"


class Recorder(FakeSocket):
    """A device that records every received frame."""

    def __init__(self, user: FakeClient, address: str) -> None:
        super().__init__(user, address)
        self.received: list[dict[str, Any]] = []

    def _take(self, frame: dict[str, Any]) -> None:
        self.received.append(frame)
        super()._take(frame)


@pytest.fixture
async def document(settings: Settings) -> dict[str, Any]:
    """The document without modules that are not part of the project, such as one made by create_module.py."""
    return await read_document(without_added_modules(settings))


@pytest.fixture
async def whole_document(settings: Settings) -> dict[str, Any]:
    return await read_document(settings)


async def read_document(settings: Settings) -> dict[str, Any]:
    async with served(build_app(settings)) as http:
        return ok(await http.get("/asyncapi.json"))


def resolve(document: dict[str, Any], ref: str) -> Any:
    found: Any = document
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            assert set(part) == {"$ref"} or "description" in part or "default" in part
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def names_of_events(document: dict[str, Any]) -> set[str]:
    return {ref["$ref"].rpartition("/")[2] for ref in document["operations"]["send_events"]["messages"]}


def documented_kinds(document: dict[str, Any]) -> set[str]:
    return {document["components"]["messages"][key]["name"] for key in names_of_events(document)}


async def test_the_document_is_valid_asyncapi_3(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(document["info"])
    assert all({"host", "protocol"} <= set(server) for server in document["servers"].values())
    assert document["channels"]["ws"]["address"] == "/api/v1/ws"
    assert set(document["channels"]["ws"]["messages"]) == set(document["components"]["messages"])
    named = list(references(document))
    assert all(resolve(document, ref) for ref in named)
    listed = {ref.rpartition("/")[2] for ref in named if ref.startswith("#/channels/ws/messages/")}
    assert listed == set(document["components"]["messages"])
    used = {ref.rpartition("/")[2] for ref in named if ref.startswith("#/components/schemas/")}
    assert used == set(document["components"]["schemas"])
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert ("reply" in operation) == (operation["action"] == "receive")
        assert operation["messages"]
        assert operation["summary"]
    for schema in document["components"]["schemas"].values():
        Draft7Validator.check_schema(schema)


async def test_examples_match_their_schemas(document: dict[str, Any]) -> None:
    for key, message in document["components"]["messages"].items():
        for example in message["examples"]:
            assert complain(validator_of(document, key), example["payload"]) is None, key
    for name, schema in document["components"]["schemas"].items():
        for example in schema.get("examples", []):
            validator = Draft7Validator({**schema, "components": document["components"]})
            assert complain(validator, example) is None, name


async def test_the_example_of_an_event_is_on_the_stream_that_the_page_names(
    document: dict[str, Any], project_root: Path
) -> None:
    page = (project_root / "docs" / "realtime.md").read_text(encoding="utf-8")
    streams = dict(re.findall(r"^\| `([^`]+)` \| (chat|account) \|", page, re.MULTILINE))
    for key in names_of_events(document):
        message = document["components"]["messages"][key]
        for event in (example["payload"]["event"] for example in message["examples"]):
            owner = event["data"]["chat_id"] if streams[message["name"]] == "chat" else ANNA
            assert event["stream_id"] == owner, key


async def test_every_kind_of_event_in_the_code_is_described(document: dict[str, Any], project_root: Path) -> None:
    in_code = {
        node.value
        for file in (project_root / "app" / "modules").rglob("*.py")
        if not ({"tests", "schemas"} | {f"{name}_module" for name in branches()}) & set(file.parts)
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _KIND.fullmatch(node.value)
    }
    assert documented_kinds(document) == in_code - _NOTIFICATIONS


def test_an_event_without_an_example_is_described(base_settings: Settings) -> None:
    class NoteShown(ResponseModel):
        title: str

    modules = Modules([Module(name="notes", description="", events={"note.shown": NoteShown})])
    document = make_document(base_settings.app, modules, host="localhost", is_secure=False)
    assert documented_kinds(document) == {"note.shown"}
    assert document["components"]["messages"]["note_shown"]["examples"] == []


async def test_every_frame_of_a_socket_matches_the_document(
    anna: FakeClient,
    boris: FakeClient,
    stranger: FakeClient,
    live_server: str,
    document: dict[str, Any],
    whole_document: dict[str, Any],
) -> None:
    async with Recorder(boris, live_server) as socket:
        await live_through_everything(anna, boris, stranger, socket)
        await socket.connect()
        socket.cursors[boris.id] += 100
        await socket.connect()
        await socket.until(lambda: bool(socket.gaps))
        frames = socket.received
    kinds = {frame["event"]["kind"] for frame in frames if "event" in frame}
    # The tests of the modules that write these check them.
    elsewhere: tuple[str, ...] = ("message.updated", "attachment.", "scheduled.", "security.")
    elsewhere += ("account.blocked", "account.unblocked", "account.deactivated", "account.reactivated")
    elsewhere += ("push.", "notifications.changed", "event.hidden")
    documented = {kind for kind in documented_kinds(document) if not kind.startswith(elsewhere)}
    assert {kind for kind in kinds if not kind.startswith(elsewhere)} == documented
    dictionary = Dictionary(whole_document)
    seen: set[str] = set()
    for frame in frames:
        assert "event" not in frame or frame["event"]["at"].endswith("Z")
        seen |= dictionary.find(frame)
    asked = {"hello", "send", "read", "typing", "ping"}
    of_others = {kind.replace(".", "_") for kind in documented_kinds(document) if kind.startswith(elsewhere)}
    assert seen - of_others == set(document["components"]["messages"]) - asked - of_others


async def live_through_everything(anna: FakeClient, boris: FakeClient, stranger: FakeClient, socket: Recorder) -> None:
    """Sends each kind of event, signal and reply to Boris' socket at least once."""
    club = await anna.open_chat(boris, title="Клуб")
    await anna.send(club)
    ok(await anna.patch(f"/chats/{club}/messages/1", {"text": "Иначе"}))
    await socket.until(lambda: "message.edited" in socket.kinds(club))
    own = await socket.ask("send", chat_id=club, text="с сокета", reply_to_seq=1)
    for call in (anna.put, anna.delete):
        ok(await call(f"/chats/{club}/messages/{own['seq']}/reactions/👍"))
    ok(await anna.put(f"/chats/{club}/pins/1"))
    ok(await anna.delete(f"/chats/{club}/messages/1"))
    await anna.send(club)
    ok(await boris.put(f"/chats/{club}/threads/3/read", {"seq": 3}))
    ok(await boris.put(f"/chats/{club}/threads/3/follow"))
    ok(await boris.delete(f"/chats/{club}/threads/3/follow"))
    await socket.ask("read", chat_id=club, seq=3)
    await socket.ask("send", chat_id=club, text="прочти")
    await socket.ask("typing", chat_id=club, is_typing=True)
    await socket.ask("ping")
    for action, data in (("send", {"chat_id": anna.id, "text": "x"}), ("send", {"text": "x"}), ("fly", {})):
        assert (await socket.begin(action, **data))["status"] == "error"
    async with FakeSocket(anna, socket.address) as other:
        await other.ask("typing", chat_id=club, is_typing=False)
        await other.ask("read", chat_id=club, seq=4)
    await socket.until(lambda: {signal["kind"] for signal in socket.signals} == {"typing", "presence", "receipt"})
    ok(await anna.post(f"/chats/{club}/members", {"account_ids": [stranger.id]}))
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "owner"}))
    ok(await boris.patch(f"/chats/{club}", {"description": "По четвергам"}))
    ok(await boris.delete(f"/chats/{club}/members/{stranger.id}"))
    ok(await boris.patch("/accounts/me", {"bio": "Здесь"}))
    ok(await boris.put(f"/chats/{club}/settings", {"is_archived": True}))
    ok(await boris.put(f"/chats/{club}/draft", {"text": "Привет, я"}))
    key = ok(await boris.post("/accounts/me/keys", {"name": "Отчёты", "scopes": ["chats:read"]}))
    ok(await boris.delete(f"/accounts/me/keys/{key['id']}"))
    bot = ok(await boris.post("/bots", {"username": "helper_of_boris"}))
    ok(await boris.patch(f"/bots/{bot['id']}", {"bio": "Помогает"}))
    ok(await boris.delete(f"/bots/{bot['id']}"))
    for call in (boris.put, boris.delete):
        ok(await call(f"/accounts/me/blocks/{stranger.id}"))
    ok(await boris.delete(f"/chats/{club}"))
    await socket.until(lambda: "chat.left" in socket.kinds(boris.id))


async def test_api_documents_are_hidden_in_production(settings: Settings) -> None:
    production = replace(settings, app=settings.app.model_copy(update={"mode": Mode.PROD}))
    async with served(build_app(production)) as http:
        for address in ("/asyncapi.json", "/openapi.json"):
            problem(await http.get(address), 404, "not_found")


async def test_the_document_has_the_address_of_the_socket(settings: Settings) -> None:
    elsewhere = replace(settings, app=settings.app.model_copy(update={"prefix": "/messenger"}))
    async with served(build_app(elsewhere)) as http:
        listed = ok(await http.get("https://chat.example.com/asyncapi.json"))
    assert listed["servers"] == {"this": {"host": "chat.example.com", "protocol": "wss"}}
    assert listed["channels"]["ws"]["address"] == "/messenger/ws"


@pytest.mark.parametrize("page", ["realtime.md", "realtime.ru.md"])
async def test_the_documentation_lists_the_same_events_actions_and_close_codes(
    document: dict[str, Any], whole_document: dict[str, Any], project_root: Path, page: str
) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", (project_root / "docs" / page).read_text(encoding="utf-8"), re.MULTILINE)
    channel = document["channels"]["ws"]
    assert documented_kinds(document) <= {row for row in rows if "." in row} <= documented_kinds(whole_document)
    assert {row for row in rows if row.isdecimal()} == set(channel["x-close-codes"])
    assert {row for row in rows if row.isalpha()} | {"hello"} == {
        name for name, operation in document["operations"].items() if operation["action"] == "receive"
    }
    assert all(f"`{code}`: {text}" in channel["description"] for code, text in channel["x-close-codes"].items())
