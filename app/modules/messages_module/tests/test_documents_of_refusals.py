"""The OpenAPI document names the errors by which the parts of a message refuse it."""

from typing import Any

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.servers import without


def errors_of(document: dict[str, Any], method: str, path: str) -> set[str]:
    """Returns the names of the errors with the status 404, 409 or 507 of an operation."""
    answers = document["paths"][f"/api/v1/chats/{{chat_id}}{path}"][method]["responses"]
    shown = [
        answers[status]["content"]["application/problem+json"] for status in ("404", "409", "507") if status in answers
    ]
    return {name for one in shown for name in one["examples"]}


def test_the_document_names_the_refusals_of_the_parts_of_a_message(base_settings: Settings) -> None:
    document = build_app(base_settings).openapi()
    of_send = {"AttachmentNotFound", "AttachmentNotReady", "AttachmentTaken", "RootIsReply", "MessageIsDeleted"}
    assert errors_of(document, "post", "/messages") == {"ChatNotFound", *of_send}
    assert errors_of(document, "post", "/scheduled") >= of_send
    assert errors_of(document, "patch", "/scheduled/{scheduled_id}") >= of_send
    of_forward = {"AttachmentNotReady", "MessageIsDeleted", "NothingToForward", "QuotaExceeded"}
    assert errors_of(document, "post", "/messages/{seq}/forward") == {"ChatNotFound", "MessageNotFound", *of_forward}


def test_the_document_of_a_server_without_threads_and_files_has_no_refusals_of_them(base_settings: Settings) -> None:
    document = build_app(without(base_settings, "threads", "attachments", "previews")).openapi()
    assert errors_of(document, "post", "/messages") == {"ChatNotFound"}
    of_forward = {"ChatNotFound", "MessageNotFound", "MessageIsDeleted", "NothingToForward"}
    assert errors_of(document, "post", "/messages/{seq}/forward") == of_forward
