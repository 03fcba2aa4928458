"""The routes of the page and its files, with their security headers."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from app.dependencies.services_dependency import AppSettingsDep, ModulesDep
from app.modules.ui_module.services.files import INDEX, read_file
from app.services.errors import NotFound

router = APIRouter(prefix="/ui", include_in_schema=False)

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    # Scripts read the forms. If they fail, the browser must not send a password in a URL.
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    # The browser refuses to turn text, such as that of other users, into markup.
    "require-trusted-types-for": "'script'",
    # The service worker: the policy of this name creates its address and no other.
    "trusted-types": "worker",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


# Not async, so that it runs in a thread: it reads files.
@router.get("")
@router.get("/{name:path}")
def page(
    settings: AppSettingsDep,
    modules: ModulesDep,
    name: str = "",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """Returns the page, or one of its files."""
    if not settings.ui_enable:
        raise NotFound
    return read_file(name or INDEX, settings.prefix, [module.name for module in modules]).answer(
        if_none_match, _HEADERS
    )
