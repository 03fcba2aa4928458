"""Without the module nothing of it is left."""

from dataclasses import replace

import orjson

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from app.settings.modules_settings import ModulesSettings


def test_a_server_without_files_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    # A link preview has the id of its picture.
    modules = ModulesSettings(enabled_modules=("BASE", "-attachments", "-previews"))
    app = build_app(replace(base_settings, modules=modules))
    document = orjson.dumps(app.openapi()).decode()
    for word in ("attachment", "/files", "Tus-", "Upload-", "quota_exceeded", "vatar"):
        assert word not in document, word
