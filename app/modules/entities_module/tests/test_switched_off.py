"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_entities_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "entities"))
    for word in ("/mentions", "MentionRead", '"entities"', "text_format", "unread_mention_count"):
        assert word not in document, word
