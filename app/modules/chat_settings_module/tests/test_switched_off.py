"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_settings_of_chats_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "chat_settings"))
    for word in ("/settings", '"settings"', "ChatSettings", "muted_until"):
        assert word not in document, word
