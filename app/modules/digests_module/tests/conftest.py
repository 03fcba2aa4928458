import httpx
import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.digests_module.tests.digests import Digests
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.settings import Settings
from app.utils.container import Container


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    public = settings.app.model_copy(update={"public_url": "https://chat.example.org"})
    return build_app(with_mail(settings, mailbox, app=public))


@pytest.fixture
async def digests(server: httpx.AsyncClient, container: Container, connection: Connection, mailbox: Mailbox) -> Digests:
    """The mails of this module. The search has begun, so that what is sent from now on is mailed."""
    digests = Digests(container, connection, mailbox)
    await digests.run()
    return digests
