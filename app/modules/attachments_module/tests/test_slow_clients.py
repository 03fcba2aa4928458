"""A download lasts as long as its client needs."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.modules.attachments_module.services import store as module
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.tests.s3 import s3_server


async def test_a_slow_client_has_more_time_than_the_store_has_to_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes(30_000_000)
    with s3_server(tmp_path) as settings:
        await FileStore(settings).put("files/large", data)
        monkeypatch.setattr(module, "_TIMEOUT", timedelta(seconds=5))
        monkeypatch.setattr(module, "_RETRY", {"max_retries": 0})
        size = 0
        async for chunk in FileStore(settings).read("files/large"):
            size += len(chunk)
            await asyncio.sleep(0.1)
    assert size == len(data)
