"""Normalizes and compares origins of pages and apps (RFC 6454)."""

import re

_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://([^\s/?#@:\[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?", re.IGNORECASE | re.ASCII
)
_HOST = re.compile(r"([^\s/?#@:\[\]]+|\[[0-9a-f:.]+\])(?::(\d{0,5}))?", re.IGNORECASE | re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def normalize_origin(origin: str) -> str | None:
    """Returns the origin in lower case and without a default port; None for `null` and other texts."""
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        return None
    scheme, name, port = found[1].lower(), found[2].lower(), found[3]
    return f"{scheme}://{name}" + ("" if port is None or int(port) == _DEFAULT_PORTS.get(scheme) else f":{int(port)}")


def is_origin_of_host(origin: str, host: str) -> bool:
    """Returns True if the origin is the server that the request's `Host` names.

    The scheme only determines the default port. A server behind a proxy that ends TLS does not know its own scheme.
    """
    of_origin, of_host = _ORIGIN.fullmatch(origin), _HOST.fullmatch(host)
    if of_origin is None or of_host is None:
        return False
    default = _DEFAULT_PORTS.get(of_origin[1].lower())
    names_match = of_origin[2].lower() == of_host[1].lower()
    return default is not None and names_match and int(of_origin[3] or default) == int(of_host[2] or default)
