"""The headers of requests and responses in the OpenAPI document."""

from typing import Any

import pytest

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import API

Json = dict[str, Any]


@pytest.fixture(scope="module")
def paths(base_settings: Settings) -> dict[str, dict[str, Json]]:
    document: Json = build_app(base_settings).openapi()
    paths: dict[str, dict[str, Json]] = document["paths"]
    return paths


def headers_of(operation: Json, status: int) -> set[str]:
    return set(operation["responses"][str(status)].get("headers", ()))


def sent_to(operation: Json) -> dict[str, bool]:
    """Returns the headers of a request that the document names, and whether they are required."""
    return {each["name"]: each["required"] for each in operation["parameters"] if each["in"] == "header"}


def test_every_operation_says_when_to_try_again(paths: dict[str, dict[str, Json]]) -> None:
    for path, methods in paths.items():
        for method, operation in methods.items():
            for status in (429, 503):
                assert "Retry-After" in headers_of(operation, status), (method, path, status)


def test_every_header_of_a_response_has_a_description_and_a_type(paths: dict[str, dict[str, Json]]) -> None:
    for methods in paths.values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                for name, header in answer.get("headers", {}).items():
                    assert header["description"], name
                    assert header["schema"]["type"] in ("string", "integer"), name


@pytest.mark.parametrize(
    ("method", "path", "status", "names"),
    [
        ("post", f"{API}/chats/{{chat_id}}/messages", 200, {"Idempotent-Replayed"}),
        ("post", f"{API}/chats/{{chat_id}}/scheduled", 200, {"Idempotent-Replayed"}),
        ("get", f"{API}/catalogues/{{name}}", 200, {"ETag"}),
        ("get", f"{API}/catalogues/{{name}}", 304, {"ETag"}),
        ("get", "/files/{token}", 206, {"ETag", "Content-Range"}),
        ("get", f"{API}/auth/oidc/{{id}}/start", 303, {"Location"}),
        ("options", f"{API}/attachments", 204, {"Tus-Version", "Tus-Extension", "Tus-Max-Size"}),
        ("post", f"{API}/attachments", 201, {"Location", "Upload-Offset", "Tus-Resumable"}),
        ("head", f"{API}/attachments/{{attachment_id}}", 200, {"Upload-Offset", "Upload-Length", "Upload-Metadata"}),
        ("patch", f"{API}/attachments/{{attachment_id}}", 204, {"Upload-Offset", "Upload-Expires"}),
    ],
)
def test_a_response_with_headers_for_the_client_names_them(
    paths: dict[str, dict[str, Json]], method: str, path: str, status: int, names: set[str]
) -> None:
    assert names <= headers_of(paths[path][method], status)


def test_requests_by_tus_and_for_files_name_their_headers(paths: dict[str, dict[str, Json]]) -> None:
    upload = paths[f"{API}/attachments/{{attachment_id}}"]
    assert sent_to(upload["head"]) == {"Tus-Resumable": True}
    assert sent_to(upload["patch"]) == {"Tus-Resumable": True, "Upload-Offset": True, "Upload-Checksum": False}
    assert sent_to(upload["delete"]) == {"Tus-Resumable": False}
    assert "412" in upload["delete"]["responses"]
    for path in ("/files/{token}", "/avatars/{token}"):
        assert set(sent_to(paths[path]["get"])) == {"Range", "If-Range", "If-Match", "If-None-Match"}
