"""The bytes of files: ranges, conditions, and the headers that keep browsers from running them."""

from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from loguru import logger

from app.fastapi_engine.middlewares import log_middleware
from app.modules.attachments_module.services import links
from app.modules.attachments_module.services.downloads import disposition
from app.modules.attachments_module.tests.pictures import picture
from app.modules.attachments_module.tests.uploading import download, ready
from tests.fakers import FakeClient, eventually, ok, problem
from tests.test_upgrades import NEXT, statuses, talk

DATA = bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("asked", "status", "reported", "expected"),
    [
        ("bytes=0-0", 206, "bytes 0-0/1024", DATA[:1]),
        ("bytes=0-", 206, "bytes 0-1023/1024", DATA),
        ("bytes=1000-", 206, "bytes 1000-1023/1024", DATA[1000:]),
        ("bytes=10-19", 206, "bytes 10-19/1024", DATA[10:20]),
        ("bytes=1000-5000", 206, "bytes 1000-1023/1024", DATA[1000:]),
        ("bytes=-1", 206, "bytes 1023-1023/1024", DATA[-1:]),
        ("bytes=-5000", 206, "bytes 0-1023/1024", DATA),
        ("BYTES= 1 - 2 ", 206, "bytes 1-2/1024", DATA[1:3]),
        ("bytes=1024-", 416, "bytes */1024", b""),
        ("bytes=-0", 416, "bytes */1024", b""),
        ("bytes=5-2", 416, "bytes */1024", b""),
        ("bytes=", 200, None, DATA),
        ("bytes=a-b", 416, "bytes */1024", b""),
        ("bytes=0-0,2-2", 200, None, DATA),
        ("lines=0-1", 200, None, DATA),
    ],
)
async def test_a_part_of_a_file_is_sent(
    anna: FakeClient, asked: str, status: int, reported: str | None, expected: bytes
) -> None:
    url = (await ready(anna, DATA, "данные.bin"))["url"]
    answer = await download(anna, url, Range=asked)
    assert (answer.status_code, answer.headers.get("content-range")) == (status, reported)
    assert answer.content == expected or status == 416
    assert answer.headers["accept-ranges"] == "bytes"


async def test_a_range_has_no_meaning_for_head(anna: FakeClient) -> None:
    image = await ready(anna, picture("PNG", (40, 20)), "лицо.png")
    avatar = ok(await anna.put("/accounts/me/avatar", {"attachment_id": image["id"]}))
    for url in (image["url"], avatar["url"]):
        whole = await anna.http.head(url)
        for asked in ("bytes=0-0", "bytes=1000000-"):
            head = await anna.http.head(url, headers={"Range": asked})
            assert (head.status_code, head.headers["content-length"]) == (200, whole.headers["content-length"])
            assert "content-range" not in head.headers


async def test_an_avatar_does_not_show_the_name_of_the_uploaded_file(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    for path in ("/accounts/me/avatar", f"/chats/{club}/avatar"):
        uploaded = await ready(anna, picture("PNG", (40, 20)), "паспорт Анны.png")
        ok(await anna.put(path, {"attachment_id": uploaded["id"]}))
    for path in (f"/accounts/{anna.id}", f"/chats/{club}"):
        shown = await download(boris, ok(await boris.get(path))["avatar"]["url"])
        assert shown.headers["content-disposition"] == 'inline; filename="avatar.webp"'


async def test_conditions_are_kept(anna: FakeClient) -> None:
    url = (await ready(anna, DATA))["url"]
    whole = await download(anna, url)
    etag = whole.headers["etag"]
    assert (await download(anna, url, If_None_Match=etag)).status_code == 304
    assert (await download(anna, url, If_None_Match=f'W/{etag}, "x"')).status_code == 304
    assert (await download(anna, url, If_None_Match='"x"')).status_code == 200
    assert (await download(anna, url, If_Match='"x"')).status_code == 412
    assert (await download(anna, url, If_Match="*")).status_code == 200
    assert (await download(anna, url, Range="bytes=0-0", If_Range=etag)).status_code == 206
    for other in ('"x"', f"W/{etag}", "Sat, 28 Nov 2026 00:00:00 GMT"):
        assert (await download(anna, url, Range="bytes=0-0", If_Range=other)).status_code == 200
    head = await anna.http.head(url)
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "1024", b"")


async def test_a_browser_neither_runs_nor_shares_a_file(anna: FakeClient) -> None:
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    url = (await ready(anna, page, 'кот "мяу".html'))["url"]
    headers = (await download(anna, url)).headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert headers["cache-control"].startswith("private")
    kind, plain, encoded = headers["content-disposition"].split("; ")
    assert (kind, plain) == ("attachment", 'filename="___ _____.html"')
    assert unquote(encoded.removeprefix("filename*=UTF-8''")) == 'кот "мяу".html'


async def test_an_address_that_was_changed_opens_nothing(anna: FakeClient) -> None:
    url = (await ready(anna, DATA))["url"]
    token = url.rpartition("/")[2]
    first, last = ("B" if character == "A" else "A" for character in (token[0], token[-1]))
    for other in (token[:-1], token[:-1] + last, first + token[1:], "", "x", "A" * 92, "a" * 200, "%00", "ё"):
        problem(await download(anna, f"/files/{other}"), 404, "not_found")
    problem(await download(anna, f"/files/{'a' * 201}"), 422, "validation_error")


async def test_an_address_is_the_same_for_five_minutes_and_expires_after_five_to_ten(
    anna: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def set_clock(minute: int, second: int) -> None:
        moment = datetime(2026, 1, 1, 12, minute, second, tzinfo=UTC)
        monkeypatch.setattr(links, "time", moment.timestamp)

    set_clock(0, 0)
    file = await ready(anna, DATA)
    assert file["url_expires_at"] == "2026-01-01T12:10:00Z"
    set_clock(4, 59)
    assert ok(await anna.get(f"/attachments/{file['id']}"))["url"] == file["url"]
    set_clock(5, 0)
    assert ok(await anna.get(f"/attachments/{file['id']}"))["url_expires_at"] == "2026-01-01T12:15:00Z"
    set_clock(9, 59)
    assert (await download(anna, file["url"])).content == DATA
    set_clock(10, 0)
    problem(await download(anna, file["url"]), 404, "not_found")


def test_a_name_in_ascii_is_given_once() -> None:
    assert disposition("report (1).pdf", is_inline=False) == 'attachment; filename="report (1).pdf"'
    assert disposition("a\\b.png", is_inline=True) == "inline; filename=\"a_b.png\"; filename*=UTF-8''a%5Cb.png"


async def test_no_line_of_the_log_has_a_token(anna: FakeClient) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level="INFO", format="{message}", filter=log_middleware.__name__)
    preflight = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    for path in ("/files/TOKEN", "/files/TOKEN/", "/avatars/TOKEN/x", "/%66iles/TOKEN/"):
        await anna.http.get(path)
        await anna.http.options(path, headers=preflight)
        await anna.http.post(path)
    logger.remove(sink)
    assert len(lines) == 12
    assert "TOKEN" not in "".join(lines)


async def test_an_address_with_an_encoded_slash_has_a_line_without_its_token(
    live_server: str, quiet_log: list[str]
) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level="INFO", format="{message}", filter=log_middleware.__name__)
    preflight = b"Origin: https://example.org\r\nAccess-Control-Request-Method: GET\r\n"
    requests = [
        b"GET /files%2F HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /files%2FTOKEN/x HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS /files%2FTOKEN HTTP/1.1\r\nHost: x\r\n" + preflight + b"\r\n",
        NEXT,
    ]
    assert statuses(await talk(live_server, requests)) == [b"404", b"404", b"400", b"200"]

    async def are_written() -> bool:
        return len(lines) == len(requests)

    await eventually(are_written)
    logger.remove(sink)
    assert [line.split()[1] for line in lines] == ["/files/..."] * 3 + ["/healthcheck/live"]
