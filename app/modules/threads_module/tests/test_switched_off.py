"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.modules.sockets_module.commands import asyncapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_threads_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    settings = without(base_settings, "threads")
    document = openapi_text(settings) + asyncapi_text(settings)
    for word in ("/threads", "root_seq", "thread.read_moved", "FollowedThread", "root_is_reply", "ThreadSummary"):
        assert word not in document, word
