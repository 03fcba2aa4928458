"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_files_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    # A link preview has the id of its picture.
    document = openapi_text(without(base_settings, "attachments", "previews"))
    for word in ("attachment", "/files", "Tus-", "Upload-", "quota_exceeded", "vatar"):
        assert word not in document, word
