"""Requests of uploads that no correct client sends: they are refused, and the bytes that are stored stay right."""

import hashlib
from base64 import b64encode
from typing import NamedTuple

from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from app.modules.attachments_module.tests.uploading import begin, download, processed
from tests.fakers import FakeClient
from tests.fuzz.effort import effort
from tests.fuzz.test_headers import Header, anything, ask, numbers, own

__all__ = ["own"]

PART_TYPE = b"application/offset+octet-stream"
TUS = (b"tus-resumable", b"1.0.0")
REFUSALS = {400, 404, 409, 410, 412, 413, 415, 422, 460}

texts = st.text(max_size=20).map(lambda text: b64encode(text.encode("utf-8", "surrogatepass")))
pairs = st.lists(st.tuples(st.sampled_from([b"filename ", b"content_type ", b"", b" ", b"x "]) | anything, texts))
metadata = pairs.map(lambda found: b",".join(key + value for key, value in found)) | anything
lengths = numbers | anything | st.integers(0, 100).map(lambda number: b"%d" % number)
versions = st.sampled_from([b"1.0.0", b"1.0.0", b"1.0.0", b"0.2.2", b"", b"1.0.0, 1.0.0"]) | anything
types = st.sampled_from([PART_TYPE, PART_TYPE, PART_TYPE + b"; a=b", b"text/plain", b""]) | anything
digests = st.sampled_from([b"sha1 ", b"sha256 ", b"md5 ", b"sha1", b"SHA1 ", b" "])
checksums = st.tuples(digests, st.binary(max_size=33).map(b64encode) | anything).map(b"".join) | anything
bodies = st.binary(max_size=40)


def headers_of(**values: bytes | None) -> list[Header]:
    return [(name.replace("_", "-").encode(), value) for name, value in values.items() if value is not None]


@given(
    version=st.none() | versions,
    length=st.none() | lengths,
    about=st.none() | metadata,
    kind=st.none() | types,
    checksum=st.none() | checksums,
    query=st.sampled_from(
        [b"", b"filename=%ff", b"filename=a&filename=b", b"filename=" + b"a" * 1025, b"filename=%00"]
    ),
    body=bodies,
)
@effort(150)
async def test_an_upload_is_created_or_refused(
    app: FastAPI,
    own: Header,
    version: bytes | None,
    length: bytes | None,
    about: bytes | None,
    kind: bytes | None,
    checksum: bytes | None,
    query: bytes,
    body: bytes,
) -> None:
    headers = headers_of(
        tus_resumable=version,
        upload_length=length,
        upload_metadata=about,
        content_type=kind,
        upload_checksum=checksum,
        content_length=b"%d" % len(body),
    )
    answer = await ask(app, "/attachments", own, *headers, method="POST", query=query, body=body)
    assert answer.status in {201, *REFUSALS}
    assert answer.headers[b"tus-resumable"] == b"1.0.0"
    if answer.status != 201:
        assert answer.headers[b"content-type"] == b"application/problem+json"
    elif version is not None or length is not None:
        assert answer.headers[b"location"].startswith(b"/api/v1/attachments/")


@given(
    method=st.sampled_from(["HEAD", "PATCH", "DELETE", "GET"]),
    version=versions,
    offset=lengths,
    kind=types,
    body=bodies,
)
@effort(100)
async def test_a_request_about_no_upload_is_refused(
    app: FastAPI, own: Header, method: str, version: bytes, offset: bytes, kind: bytes, body: bytes
) -> None:
    headers = headers_of(tus_resumable=version, upload_offset=offset, content_type=kind)
    for name in ("3f0a4c9e-5d1b-4c53-9a63-1c1f2b7f9d10", "x", "%00"):
        answer = await ask(app, f"/attachments/{name}", own, *headers, method=method, body=body)
        assert answer.status in REFUSALS


class Part(NamedTuple):
    """A PATCH. Its offset is given as a distance from the right one, and its checksum may be of other bytes."""

    distance: int
    body: bytes
    checksum: str
    is_right: bool


parts = st.builds(
    Part,
    st.sampled_from([0, 0, 0, 0, 1, -1, 10, -10]),
    bodies,
    st.sampled_from(["", "", "sha1", "sha256"]),
    st.sampled_from([True, True, True, False]),
)


@given(length=st.integers(0, 100), sent=st.lists(parts, max_size=8))
@effort(40)
async def test_an_upload_has_the_bytes_that_were_acknowledged(
    app: FastAPI, own: Header, anna: FakeClient, length: int, sent: list[Part]
) -> None:
    path, stored = await begin(anna, length), b""
    for part in [*sent, None]:
        if part is None:
            part = Part(0, bytes(length - len(stored)), "", is_right=True)
        offset, body = max(len(stored) + part.distance, 0), part.body
        headers = headers_of(content_type=PART_TYPE, upload_offset=b"%d" % offset)
        if part.checksum:
            digest = hashlib.new(part.checksum, body if part.is_right else body + b"x").digest()
            headers.append((b"upload-checksum", part.checksum.encode() + b" " + b64encode(digest)))
        answer = await ask(app, f"/attachments{path}", own, TUS, *headers, method="PATCH", body=body)
        is_over = len(stored) == length
        if offset != len(stored):
            assert answer.status == 409
            assert answer.headers[b"upload-offset"] == b"%d" % len(stored)
        elif len(stored) + len(body) > length:
            assert answer.status == 413
        elif part.checksum and not part.is_right and not is_over:
            assert answer.status == 460
        else:
            assert answer.status == 204
            stored += body
        head = await ask(app, f"/attachments{path}", own, TUS, method="HEAD")
        assert head.headers[b"upload-offset"] == b"%d" % len(stored)
    assert len(stored) == length
    found = await processed(anna, path[1:])
    assert found["state"] in ("ready", "refused")
    if found["state"] == "ready":
        assert (await download(anna, found["url"])).content == stored
