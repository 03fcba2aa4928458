"""Without the module nothing of it is left."""

from app.commands.generated import openapi_text
from app.settings import Settings
from tests.servers import without


def test_a_server_without_push_notifications_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "push"))
    for word in ("/push", "push-subscriptions", "SubscriptionRead", "push.subscribed", '"preview"', '"push"'):
        assert word not in document, word
