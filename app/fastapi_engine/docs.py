"""Swagger UI, served from local files."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, FastAPI, Header
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response

from app.services.static_files import read_static_file
from app.settings.app_settings import AppSettings

_ASSETS = "/docs/assets"
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    # Swagger UI sets inline styles.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def install_docs(app: FastAPI, settings: AppSettings) -> None:
    """Serves `/docs`. Its scripts and styles come from this server, so it works without the internet."""
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
    folder = Path(str(files("fastapi_swagger") / "resources"))

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(page, headers=headers)

    # Not async, so that it runs in a thread: it reads the disk.
    @router.get(_ASSETS + "/{name}")
    def asset(name: str, if_none_match: Annotated[str, Header()] = "") -> Response:
        return read_static_file(folder, name).answer(if_none_match, {})

    app.include_router(router)


def _policy_of(page: bytes) -> str:
    """Returns a Content-Security-Policy that allows local files and, by their hashes, the page's inline scripts."""
    scripts = [_POLICY["script-src"]]
    for script in re.findall(rb"<script>(.*?)</script>", page, re.DOTALL):
        scripts.append(f"'sha256-{b64encode(sha256(script).digest()).decode()}'")
    policy = _POLICY | {"script-src": " ".join(scripts)}
    return "; ".join(f"{name} {value}" for name, value in policy.items())
