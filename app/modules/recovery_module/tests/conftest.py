from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.settings import MailSettings
from app.modules.mail_module.tests.mailbox import Mailbox, mail_server
from app.settings import Settings


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """The server that takes the application's mails."""
    async with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    public = settings.app.model_copy(update={"public_url": "https://chat.example.org"})
    return build_app(replace(settings, app=public, own={**settings.own, MailSettings: mailbox.settings}))
