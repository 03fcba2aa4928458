"""Errors of the operations of members. What `POST /hooks/{token}` answers is in `services/words.py`."""

from app.services.errors import Conflict, NotFound


class IncomingWebhookNotFound(NotFound):
    title = "Incoming webhook not found"


class TooManyIncomingWebhooks(Conflict):
    title = "This chat has reached its limit of incoming webhooks"
