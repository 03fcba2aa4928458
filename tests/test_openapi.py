"""The OpenAPI document: complete enough to write a client by."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter

from app.dependencies.scopes import scoped
from app.fastapi_engine import constructor
from app.fastapi_engine.constructor import build_app
from app.resources.constants import MAX_BIGINT
from app.settings import Settings
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.npm import NODE

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(base_settings: Settings) -> Json:
    return build_app(base_settings).openapi()


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def _parts(part: Any) -> Iterator[Json]:
    """Yields every object of the document."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _parts(inner)


def _resolve(document: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _has_example(document: Json, schema: Json) -> bool:
    """Returns True if it has an example of its own, or its parts have."""
    schema = _resolve(document, schema)
    if schema.keys() & {"example", "examples", "const", "enum", "default"} or schema.get("type") in ("boolean", "null"):
        return True
    if schema.get("format") in ("uuid", "date-time"):
        return True
    if "items" in schema:
        return _has_example(document, schema["items"])
    if "anyOf" in schema:
        return all(_has_example(document, part) for part in schema["anyOf"])
    properties = schema.get("properties", {})
    return bool(properties) and all(_has_example(document, each) for each in properties.values())


def test_every_operation_has_a_summary_and_a_description(document: Json) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    ids: list[str] = []
    summaries: list[tuple[str, str]] = []
    for method, path, operation in _operations(document):
        where = f"{method} {path}"
        assert len(operation["tags"]) == 1, where
        (tag,) = operation["tags"]
        assert tag in tags, where
        assert re.fullmatch(rf"{tag}_[a-z_]+", operation["operationId"]), where
        assert operation["summary"], where
        assert operation["description"], where
        ids.append(operation["operationId"])
        summaries.append((tag, operation["summary"]))
    assert len(set(ids)) == len(ids) > 30
    # The list of the operations of a tag, as in Swagger UI, shows nothing else of them.
    assert len(set(summaries)) == len(summaries)
    assert {operation["tags"][0] for _, _, operation in _operations(document)} == tags


def test_every_operation_documents_its_problems(document: Json) -> None:
    for method, path, operation in _operations(document):
        where = f"{method} {path}"
        answers = operation["responses"]
        expected = {"500", "503"}
        expected |= {"401", "403"} if operation["security"] and {} not in operation["security"] else set()
        expected |= {"404"} if "_id}" in path else set()
        expected |= {"422"} if "parameters" in operation or "requestBody" in operation else set()
        expected |= {"413"} if "requestBody" in operation else set()
        assert expected <= set(answers), where
        for status, answer in answers.items():
            assert answer["description"], where
            if status >= "400" and "/healthcheck" not in path:
                schemas = {kind: media["schema"] for kind, media in answer["content"].items()}
                # Clients of another product know the words with which it refuses.
                words = schemas.pop("text/plain", {}).get("enum")
                assert words or schemas, where
                assert set(schemas) <= {"application/problem+json"}, where
                assert all(schema == {"$ref": "#/components/schemas/Problem"} for schema in schemas.values()), where


def test_every_operation_succeeds_with_2xx_except_pages_that_redirect(document: Json) -> None:
    redirecting = {
        path
        for _, path, operation in _operations(document)
        if not any(status.startswith("2") for status in operation["responses"])
    }
    assert redirecting == {"/api/v1/auth/oidc/{id}/start", "/api/v1/auth/oidc/{id}/callback"}


def test_every_operation_gives_examples(document: Json) -> None:
    for method, path, operation in _operations(document):
        where = f"{method} {path}"
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (where, parameter["name"])
            if parameter["in"] == "path":
                assert parameter["schema"]["examples"], (where, parameter["name"])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            assert _has_example(document, media["schema"]), where
        for status, answer in operation["responses"].items():
            for kind, media in answer.get("content", {}).items():
                assert _has_example(document, media["schema"]), (where, status)
                if kind == "application/problem+json":
                    assert media["examples"], (where, status)


def test_no_two_requests_send_the_same_example_of_a_message(document: Json) -> None:
    """The second one that a reader tries would be taken for a repetition of the first."""
    schemas = document["components"]["schemas"]
    ids = [schemas[name]["example"]["client_msg_id"] for name in ("MessageCreate", "ScheduleCreate", "ForwardCreate")]
    assert len(set(ids)) == 3


def test_examples_have_every_required_member(document: Json) -> None:
    for name, schema in document["components"]["schemas"].items():
        if "example" in schema:
            assert set(schema.get("required", ())) <= set(schema["example"]), name


def test_the_last_message_of_a_chat_is_described_as_a_message(document: Json) -> None:
    last = document["components"]["schemas"]["ChatRead"]["properties"]["last_message"]
    assert last["anyOf"] == [{"$ref": "#/components/schemas/MessageRead"}, {"type": "null"}]


def test_path_parameters_are_in_the_order_of_the_path(document: Json) -> None:
    for method, path, operation in _operations(document):
        given = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
        assert given == re.findall(r"\{(\w+)\}", path), (method, path)


def test_every_operation_says_whether_it_needs_a_token(document: Json) -> None:
    security = {operation["operationId"]: operation["security"] for _, _, operation in _operations(document)}
    open_to_all = {name for name, schemes in security.items() if schemes == []}
    assert {"accounts_sign_in", "accounts_token", "accounts_refresh"} <= open_to_all
    # A server admin signs others up, with the access token.
    assert security["accounts_sign_up"] == [{}, {"OAuth2PasswordBearer": []}]
    assert not {name for name in open_to_all if name.startswith(("chats_", "messages_"))}


def test_patterns_compile_in_javascript_with_and_without_the_unicode_flag(document: Json) -> None:
    patterns = [part["pattern"] for part in _parts(document) if isinstance(part.get("pattern"), str)]
    assert patterns
    script = "for (const pattern of JSON.parse(process.argv[1])) { new RegExp(pattern); new RegExp(pattern, 'u'); }"
    subprocess.run([NODE, "-e", script, json.dumps(patterns)], check=True)


def test_the_description_covers_what_all_calls_have_in_common(document: Json) -> None:
    titles = re.findall(r"^## (.+)$", document["info"]["description"], re.MULTILINE)
    assert titles == ["Authentication", "Roles", "Errors", "Pages", "Repeating a request", "Limits", "Events"]
    assert "`POST /api/v1/accounts/refresh`" in document["info"]["description"]


def test_numbers_have_the_bounds_that_the_server_enforces(document: Json) -> None:
    values = [part.get(bound) for part in _parts(document) for bound in ("minimum", "maximum")]
    found = [value for value in values if isinstance(value, int | float)]
    assert all(type(bound) is int and bound <= MAX_BIGINT for bound in found)
    assert MAX_BIGINT in found


def test_values_that_a_url_cannot_hold_are_no_parameters(document: Json) -> None:
    for method, path, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            assert "type" in parameter["schema"], (method, path, parameter["name"])


def test_every_reference_leads_to_a_definition(document: Json) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert {part["$ref"] for part in _parts(document) if isinstance(part.get("$ref"), str)} <= known


def test_an_operation_that_a_module_does_not_describe_still_names_its_scope(
    base_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = APIRouter()

    @router.get("/terse")
    @scoped("chats:read")
    async def terse() -> None:
        pass

    known = discover_modules() | {"terse": Module(name="terse", description="Terse", router=router)}
    monkeypatch.setattr(constructor, "discover_modules", lambda: known)
    operation = build_app(base_settings).openapi()["paths"]["/api/v1/terse"]["get"]
    assert operation["description"] == "API keys need the scope `chats:read`."
