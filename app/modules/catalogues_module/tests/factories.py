"""Requests that the tests of catalogues share."""

from typing import Any

import httpx

from tests.fakers import API, FakeClient, ok

REASONS = "/catalogues/report-reasons"
FLOOD = {"key": "flood", "value_ru": "Флуд", "value_en": "Flood"}


async def read_catalogue(
    user: FakeClient, path: str, language: str | None = None, etag: str | None = None
) -> httpx.Response:
    """Requests a catalogue, with an Accept-Language header and the ETag of an earlier response, if given."""
    headers = {"Accept-Language": language, "If-None-Match": etag}
    given = {name: value for name, value in headers.items() if value is not None}
    return await user.http.get(f"{API}{path}", headers=user.headers | given)


async def values(user: FakeClient, path: str, language: str | None = None) -> dict[str, str]:
    """Returns the values of a catalogue's items by key, in the order of the response."""
    return {item["key"]: item["value"] for item in ok(await read_catalogue(user, path, language))["items"]}


async def find(user: FakeClient, path: str, key: str) -> dict[str, Any] | None:
    items: list[dict[str, Any]] = ok(await user.get(path))["items"]
    return next((item for item in items if item["key"] == key), None)
