"""Compares an ETag with the conditions of a request (RFC 9110, section 13.1)."""


def names_etag(header: str, etag: str, *, is_weak: bool) -> bool:
    """Returns True if `If-Match` or `If-None-Match` names the ETag, or is `*`.

    The weak comparison ignores `W/`, which proxies add when they compress a response. `If-None-Match` needs it.
    """
    if header.strip() == "*":
        return True
    tags = [tag.strip() for tag in header.split(",")]
    return etag in ([tag.removeprefix("W/") for tag in tags] if is_weak else tags)
