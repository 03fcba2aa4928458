"""A server may have a client of its own in place of the page at /ui."""

import pytest
from fastapi import FastAPI

from app.fastapi_engine.constructor import build_app
from app.modules.digests_module.tests.digests import Digests, write_to
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.settings import Settings
from tests.fakers import FakeClient
from tests.servers import without


@pytest.fixture(params=["module", "setting"])
def app(request: pytest.FixtureRequest, settings: Settings, mailbox: Mailbox) -> FastAPI:
    """Without the page, by either of its switches."""
    public = settings.app.model_copy(
        update={"public_url": "https://chat.example.org", "ui_enable": request.param != "setting"}
    )
    return build_app(with_mail(without(settings, *["ui"] * (request.param == "module")), mailbox, app=public))


async def test_without_the_page_mails_have_no_links_to_it(
    anna: FakeClient, boris: FakeClient, digests: Digests
) -> None:
    await digests.verify(anna)
    await write_to(anna, boris, "Привет")
    await digests.after()
    ((heading, *messages),) = digests.texts_to(anna)
    assert heading.startswith("Борис 🐻 · since")
    assert messages == ["Борис 🐻: Привет"]
