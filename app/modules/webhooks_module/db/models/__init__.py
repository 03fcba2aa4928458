from app.modules.webhooks_module.db.models.webhook import Webhook, WebhookCursor, WebhookDelivery

__all__ = ["Webhook", "WebhookCursor", "WebhookDelivery"]
