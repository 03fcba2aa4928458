"""The errors that an operation may raise, for its OpenAPI description."""

from typing import Any

from app.services.errors import ServiceError


def refuses(*errors: type[ServiceError]) -> dict[str, Any]:
    """Returns the `openapi_extra` of an operation that may raise these errors.

    The OpenAPI document adds the errors that any operation may return.
    """
    return {
        "x-refuses": [
            {
                "name": error.__name__,
                "category": error.category,
                "code": error.code,
                "title": error.title,
                "extra": dict(error.example_of_extra),
                "members": dict(error.members_of_extra),
            }
            for error in errors
        ]
    }
