"""Turns errors into problem responses (RFC 9457). No other place does."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from loguru import logger
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.adapters.db.constraints import violated_constraint
from app.adapters.errors import PoolExhausted, TransientDatabaseError
from app.services.errors import Category, Conflict, Overloaded, ProblemMaker, ServiceError, Unavailable
from app.services.problem import problem_response
from app.utils.isolation import report_failure
from app.utils.logs import request_id
from app.utils.secret_path import shown_path

STATUSES = {
    Category.BAD_REQUEST: 400,
    Category.INVALID: 422,
    Category.UNAUTHENTICATED: 401,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.CONFLICT: 409,
    Category.GONE: 410,
    Category.PRECONDITION_FAILED: 412,
    Category.TOO_LARGE: 413,
    Category.UNSUPPORTED_TYPE: 415,
    Category.UNSATISFIABLE: 416,
    Category.RATE_LIMITED: 429,
    # The status of the upload protocol (tus) for a wrong checksum. It has no standard name.
    Category.CORRUPT: 460,
    Category.UNAVAILABLE: 503,
    Category.FULL: 507,
}

CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "payload_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    422: "validation_error",
    426: "upgrade_required",
    429: "rate_limited",
    431: "headers_too_large",
    500: "internal_error",
    503: "unavailable",
}

SHUTTING_DOWN = "The server is shutting down"
_UNAVAILABLE = "The database does not answer; try again"
_MAX_ERRORS = 50
"""How many errors of one request are reported. A body of a megabyte can have a hundred thousand."""


class Problems(ProblemMaker):
    """Turns errors into problems. Internals of unexpected errors are shown only if `show_internals` is set."""

    def __init__(self, *, show_internals: bool, constraint_errors: Mapping[str, type[Exception]]) -> None:
        self._show_internals = show_internals
        self._constraint_errors = constraint_errors

    def describe(self, error: Exception, instance: str, owner: object = None) -> dict[str, Any]:
        return self._describe(self.expected(error), instance, owner)

    def answer(self, error: Exception, instance: str) -> Response:
        """Returns the problem of an error as an HTTP response."""
        expected = self.expected(error)
        # A route may have set headers on the error, too.
        headers = {**(getattr(error, "headers", None) or {}), **(getattr(expected, "headers", None) or {})}
        if isinstance(expected, ServiceError) and expected.category is Category.UNAUTHENTICATED:
            headers["WWW-Authenticate"] = "Bearer"
        return problem_response(self._describe(expected, instance), headers)

    def expected(self, error: Exception) -> Exception:
        constraint = violated_constraint(error)
        if constraint is not None:
            return self._constraint_errors.get(constraint, Conflict)()
        if isinstance(error, TransientDatabaseError):
            logger.warning("the database did not execute a statement: {!r}", error)
            return Overloaded() if isinstance(error, PoolExhausted) else Unavailable(_UNAVAILABLE)
        if isinstance(error, HTTPException) and error.status_code == HTTPStatus.BAD_REQUEST:
            # A body that is not JSON raises a validation error; one that cannot be read at all raises this one.
            return RequestValidationError([{"type": "unreadable", "loc": ("body",), "msg": str(error.detail)}])
        return error

    def _describe(self, error: Exception, instance: str, owner: object = None) -> dict[str, Any]:
        if isinstance(error, ServiceError):
            more = dict(error.extra)
            if error.retry_after is not None:
                # A WebSocket has no headers for it.
                more["retry_after"] = error.retry_after
            return make_problem(STATUSES[error.category], error.code, error.title, error.detail, instance, **more)
        # A validation error that a callback raises is a bug of the callback: the request was valid.
        if isinstance(error, RequestValidationError) or (isinstance(error, ValidationError) and owner is None):
            # `input` and `ctx` are left out, because they would repeat passwords.
            errors = [
                {"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]}
                for item in error.errors()[:_MAX_ERRORS]
            ]
            detail = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in errors[:3])
            return make_problem(422, "validation_error", "The request is not valid", detail, instance, errors=errors)
        if isinstance(error, HTTPException):
            title = HTTPStatus(error.status_code).phrase
            code = CODES.get(error.status_code, "http_error")
            return make_problem(error.status_code, code, title, str(error.detail or title), instance)
        if owner is None:
            logger.opt(exception=error).error("unexpected error at {}", instance)
        else:
            report_failure(owner, error)
        internals = f"{type(error).__name__}: {error}" if self._show_internals else None
        detail = internals or "Unexpected error; the server's log describes it under the request id"
        return make_problem(500, "internal_error", "Internal Server Error", detail, instance)


def make_problem(status: int, code: str, title: str, detail: str, instance: str, **extra: Any) -> dict[str, Any]:
    """Returns the members of a problem, with the id of the current request."""
    return {
        "type": f"urn:messenger:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id.get(),
        **extra,
    }


def install_problems(app: FastAPI, problems: Problems) -> None:
    """Registers the handlers of expected errors. The errors middleware handles all others."""

    async def answer(request: Request, error: Exception) -> Response:
        return problems.answer(error, shown_path(request.scope))

    for expected in (ServiceError, RequestValidationError, HTTPException):
        app.add_exception_handler(expected, answer)
