"""Without the module, or without a mail server, nothing of it is left."""

import pytest
from fastapi import FastAPI

from app.adapters.db.connection import Connection
from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.digests_module.services.periodic import FIND
from app.settings import Settings
from app.utils.container import Container
from tests.fakers import FakeClient
from tests.periodic_jobs import run_once
from tests.servers import without


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    """Without a mail server."""
    return build_app(settings)


def test_a_server_without_digests_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "digests"))
    for word in ("/digests", "digest_after_minutes", '"email": {"description": "which unread'):
        assert word not in document, word


async def test_without_a_mail_server_nothing_is_looked_for(
    anna: FakeClient, boris: FakeClient, container: Container, connection: Connection
) -> None:
    await boris.send(await boris.open_chat(anna, type="direct"))
    await run_once(container, FIND)
    for table in ("digest_search", "digest_chat", "digest_position"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - a constant
