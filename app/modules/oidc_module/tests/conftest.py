from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.modules.oidc_module.settings import OidcSettings, ProviderSettings
from app.modules.oidc_module.tests.browser import SITE, Browser
from app.modules.oidc_module.tests.provider import CLIENT_ID, CLIENT_SECRET, EGRESS, FakeProvider
from app.settings import Settings


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider().listening() as provider:
        yield provider


@pytest.fixture
def acme(provider: FakeProvider) -> ProviderSettings:
    """The provider, as the operator sets it up."""
    return ProviderSettings(issuer=provider.issuer, client_id=CLIENT_ID, client_secret=SecretStr(CLIENT_SECRET))


@pytest.fixture
def with_providers(settings: Settings, acme: ProviderSettings, mailbox: Mailbox) -> Settings:
    own = OidcSettings(providers={"acme": acme}, redirects=("org.example.chat:/signed-in",))
    public = settings.app.model_copy(update={"public_url": SITE})
    return with_mail(replace(settings, own={**settings.own, OidcSettings: own}), mailbox, app=public, egress=EGRESS)


@pytest.fixture
def app(with_providers: Settings) -> FastAPI:
    return build_app(with_providers)


@pytest.fixture
def browser(server: httpx.AsyncClient) -> Browser:
    return Browser(server)
