"""The id of a request: the one that its client has sent, or a new one."""

import re
from collections.abc import MutableMapping
from secrets import token_hex
from typing import Any

_SANE = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_KEY = "id of the request"


def id_of_request(scope: MutableMapping[str, Any]) -> str:
    """Returns the id of the request with this ASGI scope, which keeps it: the HTTP protocol and the log need the same.

    An empty scope, of a request that has not begun, gets a new id.
    """
    found: str | None = scope.get(_KEY)
    if found is None:
        requested: bytes = next((value for name, value in scope.get("headers", ()) if name == b"x-request-id"), b"")
        found = scope[_KEY] = requested.decode() if _SANE.fullmatch(requested) else token_hex(16)
    return found
