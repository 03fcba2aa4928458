"""Swagger UI from our own files, and the OpenAPI document's finishing."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse

from app.fastapi_engine.problems import STATUSES
from app.modules.base_module.schemas import Problem
from app.resources.constants import MAX_BIGINT
from app.services.errors import Category
from app.settings.app_settings import AppSettings

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ASSETS = "/docs/assets"
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    # Swagger UI writes its styles into the elements.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def install_docs(app: FastAPI, settings: AppSettings) -> None:
    """Serves `/docs`, whose scripts and styles come from this server: it works with no internet."""
    router = APIRouter(include_in_schema=False)
    page = bytes(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=settings.title,
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon-32x32.png",
            swagger_ui_parameters={"persistAuthorization": True, "docExpansion": "none"},
        ).body
    )
    headers = {"Content-Security-Policy": _policy_of(page)}

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(page, headers=headers)

    app.mount(_ASSETS, StaticFiles(directory=str(files("fastapi_swagger") / "resources")), name="docs-assets")
    app.include_router(router)


def _policy_of(page: bytes) -> str:
    """Lets in our own files, and of the scripts within the page those that are there now."""
    scripts = [_POLICY["script-src"]]
    for script in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL):
        scripts.append(f"'sha256-{b64encode(sha256(script).digest()).decode()}'")
    policy = _POLICY | {"script-src": " ".join(scripts)}
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def document(app: FastAPI, settings: AppSettings) -> dict[str, Any]:
    """The OpenAPI document: as the routes declare it, with every answer that any of them may give."""
    if app.openapi_schema:
        return app.openapi_schema
    schema = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=app.description,
        contact=app.contact,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for scheme in components.get("securitySchemes", {}).values():
        if "flows" in scheme:
            scheme["flows"]["password"]["tokenUrl"] = f"{settings.prefix}/accounts/token"
    for path in schema["paths"].values():
        for operation in path.values():
            _add_common_answers(operation)
            _say_that_parameters_are_not_null(operation)
    _write_bounds_as_whole_numbers(schema)
    app.openapi_schema = schema
    return schema


def _say_that_parameters_are_not_null(operation: dict[str, Any]) -> None:
    """An address has no way to say null: what is not meant is left out."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        for part in schema.pop("anyOf", ()):
            if part != {"type": "null"}:
                schema.update(part)


def _write_bounds_as_whole_numbers(part: Any) -> None:
    """FastAPI makes floats of them, and the largest bigint becomes one more than the database takes."""
    if isinstance(part, dict):
        for bound in ("minimum", "maximum"):
            if isinstance(part.get(bound), float) and part[bound].is_integer():
                part[bound] = min(int(part[bound]), MAX_BIGINT)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _write_bounds_as_whole_numbers(inner)


def _add_common_answers(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    for refusal in operation.pop("x-refuses", ()):
        status = str(STATUSES[Category(refusal["category"])])
        told = answers.get(status, {}).get("description")
        text = f"`{refusal['code']}`: {refusal['title']}"
        answers[status] = {"description": f"{told}; {text}" if told else text}
    if "security" in operation:
        answers.setdefault("401", {"description": "Not signed in, or the session has ended"})
    if "422" in answers or "requestBody" in operation or "parameters" in operation:
        answers["422"] = {"description": answers.get("422", {}).get("description", "The request is not valid")}
    if "requestBody" in operation:
        answers.setdefault("413", {"description": "The body is too large"})
    answers.setdefault("429", {"description": "Too many requests; Retry-After says when to come back"})
    answers.setdefault("500", {"description": "Something unexpected; the log tells what, under the request id"})
    answers.setdefault("503", {"description": "Try again after Retry-After seconds"})
    for status, answer in answers.items():
        if status >= "400" and "content" not in answer:
            answer["content"] = _PROBLEM
