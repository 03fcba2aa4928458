"""Without the module nothing of it is left."""

from dataclasses import replace

import orjson

from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.commands import asyncapi_text
from app.settings import Settings
from app.settings.modules_settings import ModulesSettings


def test_a_server_without_forwards_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    settings = replace(base_settings, modules=ModulesSettings(enabled_modules=("BASE", "-forwards")))
    document = orjson.dumps(build_app(settings).openapi()).decode() + asyncapi_text(settings)
    for word in ("/forward", "forwarded_from", "/origin", "ForwardedFrom"):
        assert word not in document, word
