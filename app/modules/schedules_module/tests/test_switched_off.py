"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_schedules_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    assert "schedule" not in openapi_text(without(base_settings, "schedules")).lower()
