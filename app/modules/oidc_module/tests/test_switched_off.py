"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.oidc_module.tests.browser import Browser
from app.settings import Settings
from tests.fakers import API, problem
from tests.servers import served, without


def test_a_server_without_providers_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "oidc"))
    for word in ("/auth/", "authorization_code", "code_verifier", "link_required", "identities", "security.identity"):
        assert word not in document, word


async def test_sessions_of_a_provider_end_at_their_next_refresh(browser: Browser, with_providers: Settings) -> None:
    client = await browser.sign_in()
    async with served(build_app(without(with_providers, "oidc"))) as http:
        refreshed = await http.post(f"{API}/accounts/refresh", json={"refresh_token": client.refresh_token})
        problem(refreshed, 401, "unauthenticated")
