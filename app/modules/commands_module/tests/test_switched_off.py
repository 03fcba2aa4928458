"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_commands_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "commands"))
    for word in ("/commands", "ChatCommand", "CommandRead", "commands.changed"):
        assert word not in document, word
