"""Answers and events in the documents: clients that are generated from them read each field that is always there."""

import json
from typing import Any

import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.extension import MessageView
from app.modules.sockets_module.commands import asyncapi_text
from app.settings import Settings
from app.utils.module import Modules
from app.utils.setup_modules import discover_modules

Json = dict[str, Any]


@pytest.fixture(scope="module")
def openapi(base_settings: Settings) -> Json:
    return build_app(base_settings).openapi()


@pytest.fixture(scope="module")
def asyncapi(base_settings: Settings) -> Json:
    document: Json = json.loads(asyncapi_text(base_settings))
    return document


def _referred(document: Json, part: Any) -> set[str]:
    """Returns the names of the schemas that a part of the document consists of."""
    names: set[str] = set()
    left = [part]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).rpartition("/")[2]
            if name and name not in names:
                names.add(name)
                left.append(document["components"]["schemas"][name])
            left += part.values()
        elif isinstance(part, list):
            left += part
    return names


def _optional(document: Json, name: str) -> set[str]:
    schema = document["components"]["schemas"][name]
    return set(schema.get("properties", ())) - set(schema.get("required", ()))


def test_only_fields_that_an_answer_may_lack_are_optional(openapi: Json) -> None:
    operations = [operation for path in openapi["paths"].values() for operation in path.values()]
    names = _referred(openapi, [operation["responses"] for operation in operations])
    # An answer may repeat a part of a request, as that of a scheduled message does.
    names -= _referred(openapi, [operation.get("requestBody") for operation in operations])
    optional = {name: fields for name in names if (fields := _optional(openapi, name))}
    assert optional.pop("Problem")
    assert optional == {
        "Entity": {"account_id", "language", "name", "url"},
        "MessageRead": {view.name for view in Modules(discover_modules().values()).contributions(MessageView)},
    }


def test_examples_have_every_required_member_of_the_models_in_them(openapi: Json) -> None:
    schemas = openapi["components"]["schemas"]
    settings = schemas["ChatRead"]["example"]["settings"]
    checks = schemas["Health"]["example"]["checks"].values()
    assert set(schemas["ChatSettingsRead"]["required"]) <= settings.keys()
    assert [set(schemas["Check"]["required"]) - check.keys() for check in checks] == [set(), set()]


def test_only_fields_that_an_event_may_lack_are_optional(asyncapi: Json) -> None:
    schemas = asyncapi["components"]["schemas"]
    names = _referred(asyncapi, [schemas[name] for name in schemas if name.endswith("Event")])
    optional = {name: fields for name in names if (fields := _optional(asyncapi, name))}
    assert optional == {
        "AccountPayload": {"who_may_add"},
        "ChatPayload": {"description", "owner_id", "title"},
        "Entity": {"account_id", "language", "name", "url"},
    }


def test_new_types_of_entities_can_be_read(openapi: Json, asyncapi: Json) -> None:
    for document in (openapi, asyncapi):
        described = document["components"]["schemas"]["Entity"]["properties"]["type"]
        assert described["type"] == "string"
        assert "enum" not in described
        assert "mention" in described["x-extensible-enum"]
