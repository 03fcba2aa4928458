"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_providers_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "oidc"))
    for word in ("/auth/", "authorization_code", "code_verifier", "link_required", "identities", "security.identity"):
        assert word not in document, word
