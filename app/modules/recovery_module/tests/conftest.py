import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.settings import Settings


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    public = settings.app.model_copy(update={"public_url": "https://chat.example.org"})
    return build_app(with_mail(settings, mailbox, app=public))
