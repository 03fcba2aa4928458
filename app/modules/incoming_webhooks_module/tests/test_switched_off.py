"""Without the module nothing of it is left. Without the formatting of texts its messages are plain text."""

import httpx

from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, post, texts_of
from app.settings import Settings
from tests.fakers import FakeClient
from tests.servers import client_of, served, without


def test_a_server_without_incoming_webhooks_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "incoming_webhooks"))
    for word in ("/hooks/{token}", "incoming-webhooks", "via_hook", "ViaHook"):
        assert word not in document, word


async def test_without_entities_a_message_is_plain_text(settings: Settings) -> None:
    app = build_app(without(settings, "entities"))
    async with served(app), client_of(app) as http:
        anna = await FakeClient.sign_up(http)
        club = await anna.open_chat()
        text = "*a_b* ~x~ `c` <https://example.com/?a=1&amp;b=2|here> &lt;3 <@U1|anna> <!here> ```x\ny```"
        assert (await post(http, await create_hook(anna, club), text)).text == "ok"
        assert await texts_of(anna, club) == ["a_b x c here (https://example.com/?a=1&b=2) <3 @anna @all x\ny"]


async def test_a_message_of_a_webhook_is_read_without_the_module(
    anna: FakeClient, club: str, server: httpx.AsyncClient, settings: Settings
) -> None:
    assert (await post(server, await create_hook(anna, club), "Готово")).text == "ok"
    app = build_app(without(settings, "incoming_webhooks"))
    async with served(app), client_of(app) as http:
        same = FakeClient(http, id=anna.id, username=anna.username, headers=anna.headers)
        assert await texts_of(same, club) == ["Готово"]
