"""Sign-ins by a provider, and the accounts that they create, are limited per network."""

import pytest

from app.fastapi_engine.constructor import build_app
from app.modules.oidc_module.tests.browser import Browser
from app.modules.oidc_module.tests.provider import FakeProvider
from app.settings import Settings
from tests.fakers import problem
from tests.rates import limited
from tests.servers import served


@pytest.mark.parametrize("limit", ["sign_in_address", "sign_up"])
async def test_a_second_new_person_in_the_network_is_refused(
    with_providers: Settings, provider: FakeProvider, limit: str
) -> None:
    async with served(build_app(limited(with_providers, **{limit: "1/hour"}))) as http:
        browser = Browser(http)
        await browser.sign_in()
        provider.subject = "boris-1"
        provider.people["boris-1"] = {"preferred_username": "boris"}
        problem(await browser.exchange(await browser.code()), 429, "rate_limited")
