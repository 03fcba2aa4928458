"""The document of the API: complete enough to write a client by."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.fastapi_engine.constructor import build_app
from app.resources.constants import MAX_BIGINT
from app.settings import Settings

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(base_settings: Settings) -> Json:
    return build_app(base_settings).openapi()


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def _resolve(document: Json, schema: Json) -> Json:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _has_example(document: Json, schema: Json) -> bool:
    """Of its own, or of what it is made of."""
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


def test_every_operation_says_what_it_is(document: Json) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    ids: list[str] = []
    for method, path, operation in _operations(document):
        where = f"{method} {path}"
        assert len(operation["tags"]) == 1, where
        (tag,) = operation["tags"]
        assert tag in tags, where
        assert re.fullmatch(rf"{tag}_[a-z_]+", operation["operationId"]), where
        assert operation["summary"], where
        assert operation["description"], where
        ids.append(operation["operationId"])
    assert len(set(ids)) == len(ids) > 30


def test_every_operation_tells_its_problems(document: Json) -> None:
    for method, path, operation in _operations(document):
        where = f"{method} {path}"
        answers = operation["responses"]
        wanted = {"500", "503"}
        wanted |= {"401"} if "security" in operation else set()
        wanted |= {"404"} if "_id}" in path else set()
        wanted |= {"422"} if "parameters" in operation or "requestBody" in operation else set()
        wanted |= {"413"} if "requestBody" in operation else set()
        assert wanted <= set(answers), where
        for status, answer in answers.items():
            assert answer["description"], where
            if status >= "400" and "/healthcheck" not in path:
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, where


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
            for media in answer.get("content", {}).values():
                assert _has_example(document, media["schema"]), (where, status)


def test_numbers_have_the_bounds_that_the_server_keeps(document: Json) -> None:
    def bounds(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            yield from (part[bound] for bound in ("minimum", "maximum") if not isinstance(part.get(bound, {}), dict))
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from bounds(inner)

    found = list(bounds(document))
    assert all(type(bound) is int and bound <= MAX_BIGINT for bound in found)
    assert MAX_BIGINT in found


def test_what_an_address_cannot_spell_is_no_parameter(document: Json) -> None:
    for method, path, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            assert "type" in parameter["schema"], (method, path, parameter["name"])


def test_everything_that_is_referred_to_is_there(document: Json) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known
