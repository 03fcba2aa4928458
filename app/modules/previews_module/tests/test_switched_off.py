"""Without the module nothing of it is left, and what happens meanwhile counts afterwards."""

from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.tests.pictures import picture
from app.modules.previews_module.tests.previewing import page, send_link, until_shown, url_of
from app.settings import Settings
from tests.adapters.http_servers import RawServer, response
from tests.fakers import FakeClient, ok, problem
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
