"""Without the module nothing of it is left."""

from dataclasses import replace

import orjson

from app.fastapi_engine.constructor import build_app
from app.modules.sockets_module.commands import asyncapi_text
from app.settings import Settings
from app.settings.modules_settings import ModulesSettings


def test_a_server_without_threads_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    settings = replace(base_settings, modules=ModulesSettings(enabled_modules=("BASE", "-threads")))
    document = orjson.dumps(build_app(settings).openapi()).decode() + asyncapi_text(settings)
    for word in ("/threads", "root_seq", "thread.read_moved", "FollowedThread", "root_is_reply", "ThreadSummary"):
        assert word not in document, word
