"""Uploads by tus 1.0 and by a plain POST."""

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from functools import partial
from os import urandom
from uuid import uuid4

import pytest

from app.adapters.db.connection import Connection
from app.modules.attachments_module.services import places
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.settings import AttachmentSettings
from app.modules.attachments_module.tests.uploading import (
    PART,
    add,
    begin,
    download,
    post,
    processed,
    ready,
    tus,
    upload,
)
from app.utils.container import Container
from tests.busy import at_once
from tests.fakers import API, FakeClient, eventually, ok, problem

MIB = 1024 * 1024


async def offset(user: FakeClient, path: str) -> int:
    answer = await tus(user, "HEAD", path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return int(answer.headers["upload-offset"])


async def test_a_file_is_uploaded_by_one_request(anna: FakeClient) -> None:
    data = "Привет, мир\n".encode()
    sent = await upload(anna, data, "письмо.txt")
    assert (sent["state"] in ("processing", "ready"), sent["filename"]) == (True, "письмо.txt")
    found = await processed(anna, sent["id"])
    assert (found["state"], found["content_type"], found["size"]) == ("ready", "text/plain", len(data))
    assert found["sha256"] == hashlib.sha256(data).hexdigest()
    assert (await download(anna, found["url"])).content == data
    events = [event for event in await anna.own_events() if event["kind"] == "attachment.ready"]
    assert [(event["data"]["id"], event["data"]["state"]) for event in events] == [(found["id"], "ready")]


async def test_options_returns_what_the_server_supports(anonymous: FakeClient, container: Container) -> None:
    answer = await anonymous.call("OPTIONS", "/attachments")
    assert answer.status_code == 204
    headers = answer.headers
    assert (headers["tus-resumable"], headers["tus-version"]) == ("1.0.0", "1.0.0")
    assert set(headers["tus-extension"].split(",")) == {
        "creation", "creation-with-upload", "termination", "expiration", "checksum",
    }  # fmt: skip
    assert headers["tus-checksum-algorithm"] == "sha1,sha256"
    assert headers["tus-max-size"] == str(container.get(AttachmentSettings).max_bytes)


async def test_an_upload_goes_on_where_it_was(anna: FakeClient) -> None:
    data = urandom(9 * MIB + 17)
    path = await begin(anna, len(data), filename="данные.bin", content_type="application/x-data")
    assert await offset(anna, path) == 0
    for start, end in ((0, 5 * MIB), (5 * MIB, 5 * MIB + 1), (5 * MIB + 1, len(data))):
        answer = await add(anna, path, start, data[start:end])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end))
        assert ("upload-expires" in answer.headers) is (end < len(data))
        assert await offset(anna, path) == end
    found = await processed(anna, path[1:])
    assert (found["filename"], found["sha256"]) == ("данные.bin", hashlib.sha256(data).hexdigest())
    assert (await download(anna, found["url"])).content == data


async def test_the_creation_may_bring_the_first_bytes(anna: FakeClient) -> None:
    created = await tus(anna, "POST", data=b"abc", Upload_Length="6", Content_Type="application/offset+octet-stream")
    assert (created.status_code, created.headers["upload-offset"]) == (201, "3")
    assert created.headers["location"].startswith("/api/v1/attachments/")
    path = "/" + created.headers["location"].rpartition("/")[2]
    assert (await add(anna, path, 3, b"def")).status_code == 204
    assert (await download(anna, (await processed(anna, path[1:]))["url"])).content == b"abcdef"


async def test_an_empty_file_is_a_file(anna: FakeClient) -> None:
    path = await begin(anna, 0, filename="empty")
    found = await processed(anna, path[1:])
    assert (found["state"], found["size"]) == ("ready", 0)
    answer = await download(anna, found["url"])
    assert (answer.status_code, answer.content) == (200, b"")


async def test_of_two_requests_at_one_offset_one_adds_its_bytes(anna: FakeClient, container: Container) -> None:
    path = await begin(anna, 3)
    answers = await at_once(*(partial(add, anna, path, 0, bytes([number]) * 3) for number in range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409, 409]
    won = next(number for number, answer in enumerate(answers) if answer.status_code == 204)
    for answer in answers:
        assert answer.headers["tus-resumable"] == "1.0.0"
        if answer.status_code == 409:
            problem(answer, 409, "offset_mismatch")
    found = await processed(anna, path[1:])
    assert (await download(anna, found["url"])).content == bytes([won]) * 3

    async def is_empty() -> bool:
        return not [one.path async for one in container.get(FileStore).list(f"uploads{path}")]

    await eventually(is_empty)


async def test_a_checksum_is_right_or_nothing_is_added(anna: FakeClient) -> None:
    data = urandom(5 * MIB)
    path = await begin(anna, len(data))
    for name in ("sha1", "sha256"):
        wrong = f"{name} {b64encode(hashlib.new(name, b'other').digest()).decode()}"
        problem(await add(anna, path, 0, data, Upload_Checksum=wrong), 460, "checksum_mismatch")
        assert await offset(anna, path) == 0
    for unknown in ("md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1", "sha256 AAAA", "sha1 ???"):
        answer = await add(anna, path, 0, data, Upload_Checksum=unknown)
        problem(answer, 400, "bad_request")
        assert answer.headers["tus-resumable"] == "1.0.0"
    right = f"sha256 {b64encode(hashlib.sha256(data).digest()).decode()}"
    assert (await add(anna, path, 0, data, Upload_Checksum=right)).status_code == 204


async def test_a_creation_whose_bytes_are_refused_reserves_nothing(
    anna: FakeClient, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = {"Content_Type": "application/offset+octet-stream", "Upload_Length": "3"}
    wrong = f"sha1 {b64encode(hashlib.sha1(b'other', usedforsecurity=False).digest()).decode()}"
    problem(await tus(anna, "POST", data=b"abc", **part, Upload_Checksum=wrong), 460, "checksum_mismatch")
    problem(await tus(anna, "POST", data=b"abcd", **part), 413, "payload_too_large")
    monkeypatch.setattr(places, "MAX_OF_ACCOUNT", 0)
    problem(await tus(anna, "POST", data=b"abc", **part), 429, "rate_limited")
    assert await connection.fetchval("SELECT bytes FROM attachment_usage") == 0


async def test_so_many_uploads_are_received_at_once(
    anna: FakeClient, boris: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MAX_AT_ONCE", 1)
    path = await begin(anna, 6)

    async def body() -> AsyncIterator[bytes]:
        yield b"abc"
        problem(await post(boris, b"abc"), 503, "overloaded")
        yield b"def"

    headers = {**anna.headers, **PART, "Upload-Offset": "0"}
    sent = await anna.http.patch(f"{API}/attachments{path}", content=body(), headers=headers)
    assert (sent.status_code, await offset(anna, path)) == (204, 6)
    ok(await post(boris, b"abc"))


async def test_what_is_no_tus_is_refused(anna: FakeClient, boris: FakeClient, anonymous: FakeClient) -> None:
    path = await begin(anna, 10)
    answer = await tus(anna, "POST", Tus_Resumable="0.2.2", Upload_Length="1")
    problem(answer, 412, "tus_version_not_supported")
    assert (answer.headers["tus-version"], answer.headers["tus-resumable"]) == ("1.0.0", "1.0.0")
    assert (await tus(anna, "HEAD", path, Tus_Resumable="2")).status_code == 412
    problem(await add(anna, path, 0, b"x", Tus_Resumable=""), 412, "tus_version_not_supported")
    problem(await add(anna, path, 0, b"x", Content_Type="text/plain"), 415, "unsupported_media_type")
    problem(await add(anna, path, 1, b"x"), 409, "offset_mismatch")
    problem(await add(anna, path, 0, b"x" * 11), 413, "payload_too_large")
    for wrong in ("-1", "x", "", "9" * 30, "1.0", "0x1"):
        problem(await tus(anna, "PATCH", path, b"x", Upload_Offset=wrong), 422, "validation_error")
    problem(await tus(anna, "POST"), 422, "validation_error")
    twice, long = "filename dGVzdA==,filename dGVzdA==", "filename " + "A" * 5000
    for wrong in ("filename ???", twice, "filename /w==", " ,", long):
        problem(await tus(anna, "POST", Upload_Length="1", Upload_Metadata=wrong), 422, "validation_error")
    problem(await add(boris, path, 0, b"x"), 404, "not_found")
    problem(await add(anna, f"/{uuid4()}", 0, b"x"), 404, "not_found")
    for method in ("POST", "PATCH", "DELETE"):
        answer = await tus(anonymous, method, "" if method == "POST" else path, b"x")
        problem(answer, 401, "unauthenticated")
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert await offset(anna, path) == 0


async def test_an_upload_is_ended_by_its_owner(anna: FakeClient, boris: FakeClient, container: Container) -> None:
    path = await begin(anna, 10)
    await add(anna, path, 0, b"12345")
    problem(await tus(boris, "DELETE", path), 404, "not_found")
    assert (await tus(anna, "DELETE", path)).status_code == 204
    assert (await tus(anna, "HEAD", path)).status_code == 404
    problem(await add(anna, path, 5, b"67890"), 404, "not_found")
    problem(await tus(anna, "DELETE", path), 404, "not_found")
    problem(await tus(anna, "DELETE", path, Tus_Resumable="0.2.2"), 412, "tus_version_not_supported")

    async def is_deleted() -> bool:
        return not [one.path async for one in container.get(FileStore).list(f"uploads{path}")]

    await eventually(is_deleted)


async def test_a_file_and_all_files_have_a_largest_size(
    anna: FakeClient, connection: Connection, container: Container
) -> None:
    settings = container.get(AttachmentSettings)
    answer = await tus(anna, "POST", Upload_Length=str(settings.max_bytes + 1))
    problem(answer, 413, "payload_too_large")
    await connection.execute(
        "INSERT INTO attachment_usage (account_id, bytes) VALUES ($1, $2)", anna.uuid, settings.quota_bytes - 10
    )
    problem(await tus(anna, "POST", Upload_Length="11"), 507, "quota_exceeded")
    problem(await post(anna, b"x" * 11), 507, "quota_exceeded")
    path = await begin(anna, 10)
    problem(await tus(anna, "POST", Upload_Length="1"), 507, "quota_exceeded")
    await tus(anna, "DELETE", path)
    whole = await ready(anna, b"1234567890")
    problem(await post(anna, b"x"), 507, "quota_exceeded")
    await tus(anna, "DELETE", f"/{whole['id']}")
    # At once: who deletes a file makes room for another one.
    await begin(anna, 10)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\anna\\отчёт.docx", "отчёт.docx"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1"),
        ("\u202egnp.exe", "gnp.exe"),
        ("..", "file"),
        ("", "file"),
        ("\u200b", "file"),
        ("я" * 300 + ".png", "я" * 251 + ".png"),
        ("a" * 300, "a" * 255),
        ("👩‍👩‍👧.jpg", "👩‍👩‍👧.jpg"),
    ],
)
async def test_a_name_is_one_line_without_folders(anna: FakeClient, given: str, shown: str) -> None:
    assert (await upload(anna, b"x", given))["filename"] == shown
