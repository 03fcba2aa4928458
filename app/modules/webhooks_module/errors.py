from app.services.errors import Conflict, NotFound


class WebhookNotFound(NotFound):
    title = "Webhook not found"


class WebhookCursorNotFound(NotFound):
    title = "The webhook gets no events of this stream"


class TooManyWebhooks(Conflict):
    title = "An account has reached its limit of webhooks"


class SecretLost(Conflict):
    """AUTH_SECRET was changed: the stored secret cannot be decrypted."""

    title = "The secret of the webhook cannot be read any more: rotate it"
