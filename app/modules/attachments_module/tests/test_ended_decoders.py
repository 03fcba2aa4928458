"""Signals that end processes say nothing of the image that one of them decodes."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.modules.attachments_module.services.images import convert
from app.modules.attachments_module.tests.pictures import picture
from tests.existing import existing


@pytest.fixture(autouse=True)
def not_ignored() -> Iterator[None]:
    """Tests that are started by `nohup` ignore SIGHUP, and so would their decoder."""
    handler = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, handler)


@asynccontextmanager
async def decoding(folder: Path) -> AsyncIterator[tuple[Process, "asyncio.Task[Mapping[str, Any]]"]]:
    """A process that has begun to read an image, and its result. The image comes at the end."""
    source, others = folder / "source", existing(Process)
    os.mkfifo(source)
    converting = asyncio.create_task(convert(folder))
    # A pipe opens for one side when the other side opens it.
    with await asyncio.to_thread(source.open, "wb"):
        (process,) = (one for one in existing(Process) if one not in others)
        yield process, converting
        (folder / "image").write_bytes(picture("PNG"))
        (folder / "image").replace(source)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_an_image_whose_decoder_is_ended_is_not_refused(tmp_path: Path, number: signal.Signals) -> None:
    async with decoding(tmp_path) as (process, converting):
        process.send_signal(number)
        with pytest.raises(InterruptedError):
            await converting


async def test_a_signal_to_the_group_of_the_server_does_not_reach_the_decoder(tmp_path: Path) -> None:
    async with decoding(tmp_path) as (process, converting):
        assert os.getpgid(process.pid) != os.getpgrp()
    assert (await converting)["content_type"] == "image/png"
