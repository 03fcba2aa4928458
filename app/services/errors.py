"""The errors of services. They do not depend on HTTP: one table in `fastapi_engine` maps categories to statuses."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class Category(StrEnum):
    """The category of an error, which determines the HTTP status."""

    BAD_REQUEST = "bad_request"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    PRECONDITION_FAILED = "precondition_failed"
    TOO_LARGE = "too_large"
    UNSUPPORTED_TYPE = "unsupported_type"
    UNSATISFIABLE = "unsatisfiable"
    CORRUPT = "corrupt"
    FULL = "full"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class ErrorText(NamedTuple):
    """The texts about a code in docs/errors.md and docs/errors.ru.md: its meaning, and what a client should do."""

    meaning: str
    action: str
    russian_meaning: str = ""
    russian_action: str = ""


class ServiceError(Exception):
    """An error with a stable code, which a service raises to refuse a request.

    `code` and `title` belong to the class and never change. `detail` may describe the single case. `extra` has further
    members of the problem response, `headers` its additional headers. `retry_after` is in whole seconds.
    """

    category: ClassVar[Category]
    code: ClassVar[str]
    title: ClassVar[str]
    example_of_extra: ClassVar[Mapping[str, Any]] = {}
    """An example of `extra` for the OpenAPI document."""
    members_of_extra: ClassVar[Mapping[str, Any]] = {}
    """JSON Schemas of the members of `extra` that only this class has."""
    text: ClassVar[ErrorText | None] = None
    """The texts of a class with its own code. Without them the documents show `title` and the action for its status."""

    def __init__(
        self, detail: str | None = None, *, extra: Mapping[str, Any] | None = None, retry_after: int | None = None
    ) -> None:
        self.detail = detail or self.title
        self.extra = dict(extra or {})
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}
        super().__init__(self.detail)


class ProblemMaker(ABC):
    """Turns any error into the members of a problem, for protocols other than HTTP."""

    @abstractmethod
    def expected(self, error: Exception) -> Exception:
        """Returns the expected error that an error of a driver or the framework means; else the error itself."""

    @abstractmethod
    def describe(self, error: Exception, instance: str, owner: object = None) -> dict[str, Any]:
        """Returns the problem. `instance` is the requested path.

        `owner` is the module's callback that raised the error. An unexpected error is logged under its name.
        """


class ValidationFailed(ServiceError):
    """A value is invalid by a rule that only the service can check. `loc` is its place, as in errors of the schemas."""

    category = Category.INVALID
    code = "validation_error"
    title = "The request is not valid"
    example_of_extra: ClassVar[Mapping[str, Any]] = {
        "errors": [{"loc": ["body", "text"], "msg": "Field required", "type": "missing"}]
    }

    def __init__(self, loc: tuple[str | int, ...], msg: str, kind: str = "value_error") -> None:
        detail = f"{'.'.join(map(str, loc))}: {msg}"
        super().__init__(detail, extra={"errors": [{"loc": list(loc), "msg": msg, "type": kind}]})


class Unauthenticated(ServiceError):
    category = Category.UNAUTHENTICATED
    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(ServiceError):
    category = Category.FORBIDDEN
    code = "forbidden"
    title = "You are not allowed to do this"


class NotFound(ServiceError):
    category = Category.NOT_FOUND
    code = "not_found"
    title = "Not found"


class Conflict(ServiceError):
    category = Category.CONFLICT
    code = "conflict"
    title = "The request conflicts with the current state"


class RateLimited(ServiceError):
    category = Category.RATE_LIMITED
    code = "rate_limited"
    title = "Too many requests"
    example_of_extra: ClassVar[Mapping[str, Any]] = {"retry_after": 1}


class Unavailable(ServiceError):
    """The server cannot handle the request now. The same request may succeed later."""

    category = Category.UNAVAILABLE
    code = "unavailable"
    title = "The server cannot do this right now"
    example_of_extra: ClassVar[Mapping[str, Any]] = {"retry_after": 1}

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)


class Overloaded(Unavailable):
    """The server is at its limit of concurrent work. The request and the database are fine."""

    code = "overloaded"
    title = "The server is overloaded"
