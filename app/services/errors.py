"""What a service can refuse. No HTTP here: one table in `fastapi_engine` turns a category into a status."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class Category(StrEnum):
    """The kind of a refusal."""

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
    """What docs/errors.md and docs/errors.ru.md say of a code: what it means, and what a client does."""

    meaning: str
    action: str
    russian_meaning: str = ""
    russian_action: str = ""


class ServiceError(Exception):
    """A refusal with a stable code.

    `code` and `title` belong to the class and never change; `detail` may tell more of this case.
    `extra` stands beside them in the answer; `retry_after` is in whole seconds; `headers` are sent with the answer.
    """

    category: ClassVar[Category]
    code: ClassVar[str]
    title: ClassVar[str]
    example_of_extra: ClassVar[Mapping[str, Any]] = {}
    """What `extra` holds, for the OpenAPI document."""
    members_of_extra: ClassVar[Mapping[str, Any]] = {}
    """JSON Schemas of the members of `extra` that only this class has."""
    text: ClassVar[ErrorText | None] = None
    """For a class with a code of its own; without it the documents have `title`, and the action of its status."""

    def __init__(
        self, detail: str | None = None, *, extra: Mapping[str, Any] | None = None, retry_after: int | None = None
    ) -> None:
        self.detail = detail or self.title
        self.extra = dict(extra or {})
        self.retry_after = retry_after
        self.headers: dict[str, str] = {}
        super().__init__(self.detail)


class ProblemMaker(ABC):
    """Turns any error into the members of a problem answer; for those who answer in other ways than HTTP."""

    @abstractmethod
    def describe(self, error: Exception, instance: str, owner: object = None) -> dict[str, Any]:
        """Returns the problem; `instance` is the address that was asked.

        `owner` is the callback of a module that has raised the error: an unexpected one is logged under its name.
        """


class ValidationFailed(ServiceError):
    """A value that only the service can judge. Its place is told as the schemas tell theirs."""

    category = Category.INVALID
    code = "validation_error"
    title = "The request is not valid"

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


class Unavailable(ServiceError):
    """Nothing is known to be wrong with the request: the same one may go through later."""

    category = Category.UNAVAILABLE
    code = "unavailable"
    title = "The server cannot do this right now"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)


class Overloaded(Unavailable):
    """The server works on as much as it can: nothing is wrong with the request or the database."""

    code = "overloaded"
    title = "The server is overloaded"
