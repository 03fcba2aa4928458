from typing import Annotated

from fastapi import APIRouter, Header, Response, status

from app.dependencies.services_dependency import service
from app.modules.ui_module.errors import FileNotFound
from app.modules.ui_module.services.files import INDEX, read_file
from app.settings import Settings

router = APIRouter(prefix="/ui", include_in_schema=False)

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    # Forms are read by the scripts: should those fail, no password leaves in an address.
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    # Texts of other people never become markup: the browser refuses it.
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Kept, but asked for again each time: a new version of the server is never shown half old.
    "Cache-Control": "no-cache",
}


# In a thread: they read the disk.
@router.api_route("", methods=["GET", "HEAD"])
@router.api_route("/{name:path}", methods=["GET", "HEAD"])
def page(
    settings: Annotated[Settings, service(Settings)],
    name: str = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """The page, or one of its files."""
    if not settings.app.ui_enable:
        raise FileNotFound
    file = read_file(name or INDEX, settings.app.prefix)
    headers = {**_HEADERS, "ETag": file.etag}
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    if file.etag in known or "*" in known:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(file.body, headers=headers, media_type=file.media_type)
