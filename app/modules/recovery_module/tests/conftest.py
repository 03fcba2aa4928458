from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.settings import MailSettings
from app.modules.mail_module.tests.mailbox import Mailbox, mail_server
from app.settings import Settings
from app.utils.container import Container


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """The server that takes the application's mails."""
    async with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    public = settings.app.model_copy(update={"public_url": "https://chat.example.org"})
    return build_app(replace(settings, app=public, own={**settings.own, MailSettings: mailbox.settings}))


@pytest.fixture
async def connection(container: Container) -> AsyncIterator[Connection]:
    """A connection beside the application's."""
    connection = await container.get(Database).connect()
    yield connection
    await connection.close()
