"""Uploading files as clients do."""

from base64 import b64encode
from typing import Any
from uuid import UUID

import httpx

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.attachments_module.services.collecting import collect_soon
from app.modules.jobs_module.extension import Jobs
from app.utils.container import Container
from tests.fakers import FakeClient, eventually, ok

TUS = {"Tus-Resumable": "1.0.0"}
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


async def upload(user: FakeClient, data: bytes, filename: str = "письмо.txt", **headers: str) -> dict[str, Any]:
    """A whole file by one POST; the answer."""
    return ok(await post(user, data, filename, **headers))


async def post(user: FakeClient, data: bytes, filename: str = "письмо.txt", **headers: str) -> httpx.Response:
    sent = {**user.headers, "Content-Type": "application/octet-stream", **headers}
    return await user.http.post("/api/v1/attachments", content=data, params={"filename": filename}, headers=sent)


async def tus(user: FakeClient, method: str, path: str = "", data: bytes = b"", **headers: str) -> httpx.Response:
    """A request of tus. `Upload_Offset` is the header Upload-Offset."""
    base = PART if method == "PATCH" else TUS
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await user.http.request(
        method, f"/api/v1/attachments{path}", content=data, headers={**user.headers, **base, **named}
    )


async def begin(user: FakeClient, length: int, **metadata: str) -> str:
    """A new upload; its path below /attachments."""
    pairs = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in metadata.items())
    created = await tus(user, "POST", Upload_Length=str(length), Upload_Metadata=pairs)
    assert created.status_code == 201, created.text
    return "/" + created.headers["location"].rpartition("/")[2]


async def add(user: FakeClient, path: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    return await tus(user, "PATCH", path, data, Upload_Offset=str(offset), **headers)


async def processed(user: FakeClient, attachment_id: str | UUID) -> dict[str, Any]:
    """The attachment, once the server has looked at it."""
    answers: list[dict[str, Any]] = []

    async def is_processed() -> bool:
        answers.append(ok(await user.get(f"/attachments/{attachment_id}")))
        return answers[-1]["state"] in ("ready", "refused")

    await eventually(is_processed)
    return answers[-1]


async def ready(user: FakeClient, data: bytes, filename: str = "письмо.txt") -> dict[str, Any]:
    """A file that was uploaded and can be downloaded."""
    attachment = await processed(user, (await upload(user, data, filename))["id"])
    assert attachment["state"] == "ready", attachment
    return attachment


async def collect(container: Container) -> None:
    """Has what is due deleted now, as the schedule does later."""
    async with open_unit_of_work(container.get(Database)) as work:
        await collect_soon(work, container.get(Jobs))


async def download(user: FakeClient, url: str, **headers: str) -> httpx.Response:
    """As a browser does: with no token."""
    return await user.http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
