"""The one place that turns an error into an answer: RFC 9457 problem details."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from loguru import logger
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.adapters.errors import is_database_away, violated_constraint
from app.services.errors import Category, Conflict, ServiceError, Unavailable
from app.utils.logs import request_id

STATUSES = {
    Category.INVALID: 422,
    Category.UNAUTHENTICATED: 401,
    Category.FORBIDDEN: 403,
    Category.NOT_FOUND: 404,
    Category.CONFLICT: 409,
    Category.GONE: 410,
    Category.RATE_LIMITED: 429,
    Category.UNAVAILABLE: 503,
}

CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    422: "validation_error",
    500: "internal_error",
    503: "unavailable",
}


def problem_body(
    status: int, code: str, title: str, detail: str, *, instance: str, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The members of a problem answer, also used inside a socket's error frame."""
    return {
        "type": f"urn:messenger:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "request_id": request_id.get(),
        **(extra or {}),
    }


def service_problem(error: ServiceError, instance: str) -> dict[str, Any]:
    """The problem that a service's refusal stands for."""
    status = STATUSES[error.category]
    return problem_body(status, error.code, error.title, error.detail, instance=instance, extra=error.extra)


def _answer(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps(body, default=str),
        status_code=body["status"],
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def answer_service_error(request: Request, error: ServiceError) -> Response:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if error.category is Category.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(service_problem(error, request.url.path), headers)


def answer_validation_error(request: Request, error: RequestValidationError) -> Response:
    # `input` and `ctx` are left out: they would repeat passwords.
    errors = [{"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]} for item in error.errors()]
    body = problem_body(
        422,
        "validation_error",
        "The request is not valid",
        "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in errors[:3]),
        instance=request.url.path,
        extra={"errors": errors},
    )
    return _answer(body)


def answer_http_error(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: an unknown address, a method, a body that is too large."""
    status = error.status_code
    if status == HTTPStatus.BAD_REQUEST:
        # A body that is no JSON at all comes as a validation error; one that cannot even be read comes as this.
        unreadable = {"type": "unreadable", "loc": ("body",), "msg": str(error.detail)}
        return answer_validation_error(request, RequestValidationError([unreadable]))
    title = HTTPStatus(status).phrase
    detail = str(error.detail or title)
    return _answer(
        problem_body(status, CODES.get(status, "http_error"), title, detail, instance=request.url.path), error.headers
    )


def answer_unexpected(
    path: str, error: Exception, *, show_internals: bool, constraint_errors: Mapping[str, type[Exception]]
) -> Response:
    """Everything that no service foresaw. Internals are shown only on one's own machine."""
    constraint = violated_constraint(error)
    if constraint is not None:
        known = constraint_errors.get(constraint, Conflict)()
        if isinstance(known, ServiceError):
            return _answer(service_problem(known, path))
    if is_database_away(error):
        logger.warning("the database does not answer: {!r}", error)
        away = Unavailable("The database does not answer; try again")
        return _answer(service_problem(away, path), {"Retry-After": str(away.retry_after)})
    logger.opt(exception=error).error("unexpected error at {}", path)
    detail = f"{type(error).__name__}: {error}" if show_internals else "Something went wrong; the log tells what"
    return _answer(problem_body(500, "internal_error", "Internal Server Error", detail, instance=path))


def install_problems(app: FastAPI) -> None:
    """Registers the answers to expected errors; the errors middleware answers all others."""
    app.add_exception_handler(ServiceError, answer_service_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, answer_validation_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, answer_http_error)  # type: ignore[arg-type]
