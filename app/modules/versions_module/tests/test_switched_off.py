"""Without the module nothing of it is left, and what is edited meanwhile has its own time afterwards."""

import pytest

from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.versions_module.tests.test_versions import edit, versions
from app.settings import Settings
from tests.fakers import FakeClient, ok
from tests.servers import served, without


def test_a_server_without_versions_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "versions"))
    for word in ("/versions", "VersionRead", "versions_"):
        assert word not in document, word


@pytest.mark.parametrize("is_formatted", [False, True])
async def test_a_text_that_a_server_without_versions_has_written_keeps_its_time(
    anna: FakeClient, club: str, settings: Settings, is_formatted: bool
) -> None:
    await anna.send(club, "Одно")
    path = f"/chats/{club}/messages/1"
    ok(await anna.patch(path, {"text_format": "markdown"}))
    async with served(build_app(without(settings, "versions"))) as http:
        second = await edit(FakeClient(http, headers=anna.headers), club, "Другое")
    if is_formatted:
        ok(await anna.patch(path, {"text_format": "plain"}))
    await edit(anna, club, "Третье")
    assert await versions(anna, club) == [{"text": "Другое", "written_at": second["edited_at"]}]
