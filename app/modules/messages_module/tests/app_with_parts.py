"""The application with one more module, which contributes the parts of a test file."""

import pytest
from fastapi import FastAPI

from app.settings import Settings
from app.utils.module import Module
from tests.servers import build_with


@pytest.fixture
async def app_with_parts(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> FastAPI:
    """The application with `PARTS` of the file, which says `app = app_with_parts`."""
    parts = request.module.PARTS
    module = Module(name="test", description="Parts of this test", depends_on=("messages",), contributes=parts)
    return build_with(settings, monkeypatch, module)
