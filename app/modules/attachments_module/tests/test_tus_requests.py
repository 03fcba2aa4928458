"""Requests of tus by clients that can only send GET and POST, and the version in each answer."""

from dataclasses import replace
from typing import Any

import httpx

from app.fastapi_engine.constructor import build_app
from app.modules.attachments_module.tests.uploading import PART, add, begin, post, tus
from app.settings import Settings
from app.settings.app_settings import AppSettings
from tests.fakers import API, FakeClient, problem
from tests.rates import limited
from tests.servers import http_client, served


async def override(user: FakeClient, method: str, path: str, **sent: Any) -> httpx.Response:
    return await tus(user, "POST", path, X_HTTP_Method_Override=method, **sent)


async def test_a_post_may_be_another_request_of_tus(anna: FakeClient, boris: FakeClient, anonymous: FakeClient) -> None:
    path, part = await begin(anna, 6), {"Content_Type": PART["Content-Type"], "Upload_Offset": "0", "data": b"abc"}
    problem(await override(boris, "PATCH", path, **part), 404, "not_found")
    problem(await override(anonymous, "PATCH", path, **part), 401, "unauthenticated")
    added = await override(anna, "PATCH", path, **part)
    assert (added.status_code, added.headers["upload-offset"]) == (204, "3")
    found = await override(anna, "HEAD", path)
    assert (found.status_code, found.headers["upload-offset"]) == (200, "3")
    problem(await override(boris, "DELETE", path), 404, "not_found")
    assert (await override(anna, "DELETE", path)).status_code == 204
    problem(await override(anna, "HEAD", path), 404, "not_found")


async def test_no_other_request_is_another_one(anna: FakeClient) -> None:
    path = await begin(anna, 6)
    for method in ("PUT", "GET", "post", ""):
        problem(await override(anna, method, path), 405, "method_not_allowed")
    assert (await tus(anna, "GET", path, X_HTTP_Method_Override="DELETE")).status_code == 200
    assert (await anna.http.post(f"{API}/chats", headers={"X-HTTP-Method-Override": "GET"})).status_code == 401
    assert (await tus(anna, "HEAD", path)).status_code == 200


async def test_the_answer_to_an_overridden_head_has_the_body_of_a_post(anna: FakeClient, live_server: str) -> None:
    async with http_client(f"http://{live_server}") as http:
        client = anna.another_device()
        client.http, client.headers = http, anna.headers
        path = await begin(client, 6)
        found = await override(client, "HEAD", path)
        assert (found.status_code, found.headers["upload-length"], found.content) == (200, "6", b"")
        await tus(client, "DELETE", path)
        # Of an upload that is gone, and of a path that no route has.
        for missing in (path, "/1/2/3"):
            problem(await override(client, "HEAD", missing), 404, "not_found")


async def test_a_compressed_body_is_refused(anna: FakeClient) -> None:
    """A download would give the compressed bytes, and no client would know that they are."""
    path, of_tus = await begin(anna, 6), PART["Content-Type"]
    for refused in (
        await post(anna, b"abc", **{"Content-Encoding": "gzip"}),
        await tus(anna, "POST", "", b"abc", Upload_Length="6", Content_Type=of_tus, Content_Encoding="br"),
        await add(anna, path, 0, b"abc", Content_Encoding="identity, gzip"),
    ):
        problem(refused, 415, "unsupported_media_type")
        assert refused.headers["accept-encoding"] == "identity"
    assert (await tus(anna, "HEAD", path)).headers["upload-offset"] == "0"
    assert (await add(anna, path, 0, b"abc", Content_Encoding="identity")).status_code == 204


async def test_the_type_of_a_part_may_be_in_capitals_and_have_parameters(anna: FakeClient) -> None:
    capitals, with_parameter = "Application/Offset+Octet-Stream", "application/offset+octet-stream; x=1"
    path = await begin(anna, 6)
    assert (await add(anna, path, 0, b"abc", Content_Type=capitals)).status_code == 204
    assert (await add(anna, path, 3, b"def", Content_Type=with_parameter)).status_code == 204
    created = await tus(anna, "POST", "", b"abc", Upload_Length="3", Content_Type=capitals)
    assert (created.status_code, created.headers["upload-offset"]) == (201, "3")


async def test_each_answer_has_the_version(settings: Settings) -> None:
    async with served(build_app(limited(settings, account="2/minute"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        for method, path, status in (("PUT", "", 405), ("GET", "/1/2/3", 404), ("POST", "", 429)):
            answer = await tus(anna, method, path)
            assert (answer.status_code, answer.headers["tus-resumable"]) == (status, "1.0.0")


async def test_a_page_of_an_allowed_origin_may_override_the_method(base_settings: Settings) -> None:
    app = build_app(replace(base_settings, app=AppSettings(cors_origins=("https://app.example.com",))))
    preflight = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, tus-resumable, x-http-method-override",
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server") as http:
        assert (await http.options(f"{API}/attachments", headers=preflight)).status_code == 200
