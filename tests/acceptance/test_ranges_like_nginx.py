"""Ranges and conditions of a file are answered as nginx answers them for the same file."""

from collections.abc import Iterator
from os import urandom
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from app.modules.attachments_module.tests.uploading import ready
from tests.fakers import FakeClient
from tests.nginx import nginx_on
from tests.processes import free_port

SIZE = 100_003
# Not among them: a range that ends at 10^20. nginx refuses it, RFC 9110 ends it with the file.
RANGES = (
    "bytes=0-0",
    "bytes=0-",
    "bytes=1-1",
    "bytes=0-99999999",
    f"bytes={SIZE - 1}-",
    f"bytes={SIZE - 1}-{SIZE - 1}",
    f"bytes={SIZE - 1}-{SIZE}",
    f"bytes={SIZE}-",
    f"bytes={SIZE}-{SIZE}",
    f"bytes={SIZE + 1}-{SIZE + 10}",
    "bytes=-1",
    "bytes=-0",
    f"bytes=-{SIZE}",
    f"bytes=-{SIZE + 1}",
    "bytes=500-499",
    "bytes=500-500",
    "bytes= 5 - 9",
    "BYTES=5-9",
    "Bytes=5-9",
    "bytes =5-9",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=--1",
    "bytes=a-b",
    "bytes=1",
    "bytes=1-2-3",
    "bytes=+1-2",
    "bytes=0x1-2",
    "bytes=1.5-2",
    "bytes=99999999999999999999-",
    "items=0-5",
    "",
)
OWN = "the entity tag of the answer"
IF_RANGES = (OWN, '"another"', "another", f"W/{OWN}", "Sat, 01 Jan 2000 00:00:00 GMT", "never")
CONDITIONS = (
    {"If-None-Match": OWN},
    {"If-None-Match": f"W/{OWN}"},
    {"If-None-Match": f'"a", {OWN}'},
    {"If-None-Match": '"another"'},
    {"If-None-Match": "*"},
    {"If-Match": OWN},
    {"If-Match": f'"a", {OWN}'},
    {"If-Match": f"W/{OWN}"},
    {"If-Match": '"another"'},
    {"If-Match": "*"},
)


class Answered(NamedTuple):
    status: int
    content_range: str | None
    body: bytes | None
    """None for the text of an error."""


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[str]:
    """The address of nginx, which serves the files in `files`."""
    files = tmp_path / "files"
    files.mkdir()
    tmp_path.chmod(0o755)
    port = free_port()
    with nginx_on(port, tmp_path, f"server {{ listen 127.0.0.1:{port}; root {files}; }}"):
        yield f"http://127.0.0.1:{port}"


class Asked:
    """One address of a file. `OWN` in a header is its entity tag."""

    def __init__(self, http: httpx.AsyncClient, url: str, etag: str) -> None:
        self._http, self._url, self._etag = http, url, etag

    @classmethod
    async def at(cls, http: httpx.AsyncClient, url: str) -> "Asked":
        return cls(http, url, (await http.get(url)).headers["etag"])

    async def answer(self, method: str = "GET", **headers: str) -> Answered:
        named = {name: value.replace(OWN, self._etag) for name, value in headers.items()}
        found = await self._http.request(method, self._url, headers={"Accept-Encoding": "identity", **named})
        return Answered(
            found.status_code, found.headers.get("content-range"), found.content if found.is_success else None
        )


async def test_ranges_and_conditions_are_answered_as_by_nginx(
    anna: FakeClient, live_server: str, nginx: str, tmp_path: Path
) -> None:
    data = urandom(SIZE)
    (tmp_path / "files" / "data.bin").write_bytes(data)
    url = (await ready(anna, data, "data.bin"))["url"]
    different: dict[str, tuple[Answered, Answered]] = {}
    async with httpx.AsyncClient() as http:
        ours, theirs = await Asked.at(http, f"http://{live_server}{url}"), await Asked.at(http, f"{nginx}/data.bin")
        requests = [{"Range": asked} for asked in RANGES]
        requests += [{"Range": "bytes=5-9", "If-Range": asked} for asked in IF_RANGES]
        requests += [{"Range": f"bytes={SIZE}-", "If-Range": asked} for asked in (OWN, '"another"')]
        requests += [*CONDITIONS, *({**one, "Range": "bytes=5-9"} for one in CONDITIONS)]
        for headers in requests:
            for method in ("GET", "HEAD"):
                # nginx answers HEAD with a part too, although a range has a meaning for GET only (RFC 9110, 14.2).
                asked = {name: value for name, value in headers.items() if method == "GET" or name != "Range"}
                found, expected = await ours.answer(method, **headers), await theirs.answer(method, **asked)
                if found != expected:
                    different[f"{method} {headers}"] = found, expected
    assert {asked: [one._replace(body=None) for one in pair] for asked, pair in different.items()} == {}


async def test_several_ranges_are_answered_with_the_whole_file(anna: FakeClient, live_server: str) -> None:
    """nginx sends them in parts. RFC 9110 allows both."""
    data = urandom(1000)
    url = (await ready(anna, data))["url"]
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://{live_server}{url}", headers={"Range": "bytes=0-1,5-6"})
    assert (answer.status_code, answer.content) == (200, data)
