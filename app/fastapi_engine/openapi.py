"""The OpenAPI document: the routes' declarations, completed by what all routes have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from app.dependencies.scopes import SCOPES, scope_of
from app.fastapi_engine.api_description import API_DESCRIPTION
from app.fastapi_engine.problems import STATUSES, make_problem
from app.services.errors import Category, RateLimited, ServiceError, Unauthenticated, Unavailable, ValidationFailed
from app.services.http_requests import BearerScheme
from app.services.problem import Problem
from app.settings.app_settings import AppSettings
from app.utils.json_schemas import finish_numbers

Json = dict[str, Any]

_PROBLEM = "application/problem+json"
_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_REQUEST_ID = "0b6f3f3f5d1e4f6f8d0b8a3f1c2d4e5f"

_COMMON: dict[int, tuple[type[ServiceError], str]] = {
    401: (Unauthenticated, "The caller is not signed in, or the session has ended"),
    422: (ValidationFailed, "The request is not valid"),
    429: (RateLimited, "Too many requests; wait for the time in Retry-After"),
    503: (Unavailable, "The server cannot answer at the moment; try again after the time in Retry-After"),
}
"""Errors that operations do not declare, and the descriptions of their responses."""
_WITHOUT_CLASS = {
    403: (
        "ScopeMissing",
        "forbidden",
        "The API key does not have the scope that this needs",
        "The API key does not have the scope of the operation, or the operation is closed to API keys",
    ),
    413: ("PayloadTooLarge", "payload_too_large", "Request Entity Too Large", "The body is too large"),
    414: ("UriTooLong", "uri_too_long", "Request-URI Too Long", "The URL is too long"),
    415: (
        "UnsupportedMediaType",
        "unsupported_media_type",
        "Unsupported Media Type",
        "The `Content-Type` is not supported or the body is compressed; `Accept` or `Accept-Encoding` names what "
        "is supported",
    ),
    500: (
        "InternalError",
        "internal_error",
        "Internal Server Error",
        "A bug in the server; its log describes the error under the request id",
    ),
}
"""Those that the engine has no class for: the example's name, code and title, and the response's description."""
_RETRY_AFTER: Json = {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 1}}


def document(app: FastAPI, settings: AppSettings, schemes: Sequence[BearerScheme] = ()) -> Json:
    """Returns the document of the application's routes. It is built once.

    `schemes` are the kinds of tokens with scopes that modules contribute.
    """
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=API_DESCRIPTION.format(prefix=settings.prefix),
        contact=app.contact,
        license_info={"name": "MIT", "identifier": "MIT"},
        # Relative, because the document describes the server that it came from.
        servers=[{"url": "/", "description": "This server"}],
        routes=app.routes,
    )
    operations = [(path, operation) for path, methods in schema["paths"].items() for operation in methods.values()]
    used_tags = {tag for _, operation in operations for tag in operation.get("tags", ())}
    schema["tags"] = [tag for tag in app.openapi_tags or () if tag["name"] in used_tags]
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    for _, operation in operations:
        for refusal in operation.get("x-refuses", ()):
            for name, member in refusal["members"].items():
                schemas["Problem"]["properties"].setdefault(name, {**member, "default": None})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for scheme in components.get("securitySchemes", {}).values():
        if "flows" in scheme:
            scheme["flows"]["password"]["tokenUrl"] = f"{settings.prefix}/accounts/token"
    for _, operation in operations:
        if "description" in operation:
            operation["summary"] = _first_sentence(operation["description"])
    _add_schemes(app, schema, schemes)
    for path, operation in operations:
        operation.setdefault("security", [])
        _finish_parameters(path, operation)
        _add_errors(path, operation, has_keys=bool(schemes))
    for model in schemas.values():
        _restore_nulls(schemas, model, model.get("example"))
    finish_numbers(schema)
    app.openapi_schema = schema
    return schema


def _add_schemes(app: FastAPI, schema: Json, schemes: Sequence[BearerScheme]) -> None:
    """Adds the kinds of tokens with scopes, and to each operation the scope that it needs."""
    if not schemes:
        return
    listed = "".join(f"\n- `{scope}`" for scope in SCOPES)
    for scheme in schemes:
        described = f"{scheme.description} Scopes:\n{listed}"
        schema["components"]["securitySchemes"][scheme.name] = {
            "type": "http",
            "scheme": "bearer",
            "description": described,
        }
    for context in iter_route_contexts(app.routes):
        scope = scope_of(context.original_route)
        for method in context.methods or () if scope is not None else ():
            operation = schema["paths"].get(context.path, {}).get(method.lower())
            if operation is not None:
                operation.setdefault("security", []).extend({scheme.name: [scope]} for scheme in schemes)
                described = operation.get("description", "")
                operation["description"] = f"{described}\n\nAPI keys need the scope `{scope}`.".lstrip()


def _first_sentence(description: str) -> str:
    """Returns the summary of an operation. Names of functions are alike in several modules."""
    paragraph = " ".join(description.partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".").replace("`", "")


def _finish_parameters(path: str, operation: Json) -> None:
    """Puts path parameters in the order of the path, and removes null, which a URL cannot express."""
    parameters = operation.get("parameters", [])
    parameters.sort(key=lambda found: (found["in"] != "path", path.find(f"{{{found['name']}}}")))
    for parameter in parameters:
        schema = parameter["schema"]
        for part in schema.pop("anyOf", ()):
            if part != {"type": "null"}:
                schema.update(part)


def _add_errors(path: str, operation: Json, *, has_keys: bool) -> None:
    """Adds the errors of the operation and those of all operations, each with an example."""
    answers = operation["responses"]
    answers.pop("422", None)  # FastAPI's own, with another schema
    instance = _instance(path, operation)
    declared = {status for status, answer in answers.items() if "content" in answer}

    def add(status: int, name: str, code: str, title: str, description: str, extra: Mapping[str, Any]) -> None:
        answer = answers.setdefault(str(status), {"description": description})
        problem = answer.setdefault("content", {}).setdefault(_PROBLEM, {"schema": _PROBLEM_SCHEMA})
        if description not in answer["description"]:
            answer["description"] += f"; {description}"
        value = make_problem(status, code, title, title, instance, **extra)
        problem.setdefault("examples", {})[name] = {"summary": title, "value": value | {"request_id": _REQUEST_ID}}

    for refusal in operation.pop("x-refuses", ()):
        status, code, title = STATUSES[Category(refusal["category"])], refusal["code"], refusal["title"]
        add(status, refusal["name"], code, title, f"`{code}`: {title}", refusal["extra"])
    needs_token = bool(operation["security"]) and {} not in operation["security"]
    has_input = "requestBody" in operation or "parameters" in operation
    applies = {
        401: needs_token,
        403: needs_token and has_keys,
        413: "requestBody" in operation,
        414: any(parameter["in"] == "query" for parameter in operation.get("parameters", ())),
        415: "requestBody" in operation,
        422: has_input,
    }
    left_out = declared | {str(status) for status, is_possible in applies.items() if not is_possible}
    for status, (error, description) in _COMMON.items():
        if str(status) not in left_out:
            add(status, error.__name__, error.code, error.title, description, error.example_of_extra)
    for status, (name, code, title, description) in _WITHOUT_CLASS.items():
        if str(status) not in left_out:
            add(status, name, code, title, description, {})
    for refused in ("429", "503"):
        answers[refused].setdefault("headers", {})["Retry-After"] = _RETRY_AFTER


def _instance(path: str, operation: Json) -> str:
    """Returns the path with an example in place of each parameter, or its name if it has no example."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            example = parameter["schema"].get("examples", [parameter["name"]])[0]
            path = path.replace(f"{{{parameter['name']}}}", str(example))
    return path


def _restore_nulls(schemas: Json, schema: Json, example: Any) -> None:
    """Completes an example of a schema: FastAPI leaves out members that are null."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if isinstance(example, list):
        for item in example:
            _restore_nulls(schemas, schema.get("items", {}), item)
    elif isinstance(example, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name in schema.get("required", ()):
            if {"type": "null"} in properties[name].get("anyOf", ()):
                example.setdefault(name, None)
        for name, member in example.items():
            part = properties.get(name, others)
            if isinstance(part, dict):
                _restore_nulls(schemas, part, member)
