"""Without the module nothing of it is left, and what happens meanwhile counts afterwards."""

from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.pictures import picture
from app.modules.previews_module.db import PageDescription
from app.modules.previews_module.services.part import as_value
from app.modules.previews_module.services.removing import replace
from app.modules.previews_module.tests.previewing import (
    page,
    send_link,
    titles_of,
    until_idle,
    until_shown,
    url_of,
)
from app.settings import Settings
from app.utils.container import Container
from tests.adapters.http_servers import RawServer, response
from tests.fakers import FakeClient, ok, problem
from tests.manage import manage
from tests.servers import served, without


def test_a_server_without_previews_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "previews")).lower()
    assert "link_preview" not in document
    assert "linkpreview" not in document
    assert "messages/{seq}/previews" not in document


async def test_the_preview_after_an_edit_on_a_server_without_previews_has_an_image(
    anna: FakeClient, club: str, web: RawServer, settings: Settings
) -> None:
    await send_link(anna, club, web, response(picture("PNG")))
    before, message = await until_shown(anna, club), f"/chats/{club}/messages/1"
    async with served(build_app(without(settings, "previews"))) as http:
        ok(await FakeClient(http, headers=anna.headers).patch(message, {"text": "Без ссылки"}))
    web.pages |= {"/other": page("Другая", image="/other.png"), "/other.png": response(picture("PNG"))}
    ok(await anna.patch(message, {"text": url_of(web, "/other")}))
    shown = await until_shown(anna, club)
    assert (shown["title"], shown["attachment_id"] == before["attachment_id"]) == ("Другая", False)
    problem(await anna.get(f"/attachments/{before['attachment_id']}"), 404, "not_found")


@pytest.mark.parametrize(("absent", "new"), [("previews", []), ("attachments", []), ("attachments", ["Другая"])])
async def test_doctor_has_the_image_collected_of_a_preview_that_a_server_without_a_module_removed(
    anna: FakeClient,
    club: str,
    web: RawServer,
    settings: Settings,
    container: Container,
    database_address: DatabaseAddress,
    absent: str,
    new: list[str],
) -> None:
    await send_link(anna, club, web, response(picture("PNG")))
    image = (await until_shown(anna, club))["attachment_id"]
    app = build_app(without(settings, absent))
    async with served(app) as http:
        there = FakeClient(http, headers=anna.headers)
        ok(await there.patch(f"/chats/{club}/messages/1", {"text": "Без ссылки"}))
        for title in new:
            # As the job does it after an edit to another link. The job for the edit above would remove the preview.
            await until_idle(container)
            preview = as_value(url_of(web, "/other"), PageDescription(title, None, None))
            async with open_unit_of_work(container.get(Database)) as work:
                await replace(work, app.state.container, UUID(club), 1, preview)

    async def doctor(*options: str) -> str:
        store = container.get(AttachmentSettings).store
        return (await manage(database_address, "doctor", "--least-free-mb=0", *options, ATTACHMENT_STORE=store)).output

    fault = f"✗ the image of a link preview is shown in it\n    {club}: file {image} of message 1"
    assert fault in await doctor("--fix", "--yes")
    assert "no problems found" in await doctor()
    problem(await anna.get(f"/attachments/{image}"), 404, "not_found")
    assert await titles_of(anna, club) == new
