"""The answers to a send, the same for all routes that send."""

from typing import Any

from fastapi import Response, status

from app.modules.base_module.schemas import answer_headers
from app.modules.messages_module.extension import MessagePart
from app.modules.messages_module.services.sends import Sent
from app.services.errors import ServiceError
from app.utils.module import Modules


def sent_response(sent: Sent) -> Response:
    """Returns 201 with the message, or 200 if it was already stored."""
    if sent.replayed:
        return Response(sent.body, headers={"Idempotent-Replayed": "true"}, media_type="application/json")
    return Response(sent.body, status.HTTP_201_CREATED, media_type="application/json")


def replay_of(model: type, done: str = "stored") -> dict[int | str, dict[str, Any]]:
    """Returns the `responses` of such a route. `model` is the model of a message, `done` what was done with it."""
    description = f"The message was already {done}; the answer has the header `Idempotent-Replayed: true`"
    headers = answer_headers(("Idempotent-Replayed", "`true`"))
    return {200: {"model": model, "description": description, "headers": headers}}


def refused_by_parts(modules: Modules, *, forward: bool = False) -> list[type[ServiceError]]:
    """Returns the errors that the parts of a message may add to those of a send, or of a forward."""
    parts = modules.contributions(MessagePart)
    return [error for part in parts for error in (part.refuses_forward if forward else part.refuses)]
