"""Images: a copy without metadata takes the place of the upload, with previews; the work is done by another process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from time import time
from typing import Any

import orjson

from app.modules.attachments_module.services.ending import Outcome, claim, find_previews
from app.modules.attachments_module.services.store import CHUNK, Upload, content_path
from app.modules.jobs_module.extension import JobContext

MAX_IMAGE_BYTES = 128 * 1024 * 1024
"""Of an image file. 40 million pixels take no more than that in any usual format."""
_PROGRAM = Path(__file__).with_name("image_process.py")
_SECONDS = 60.0
_ENDED = (-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP)
"""By these signals processes are ended, whatever the image."""
_FOLDER = "messenger-image-"
_ABANDONED_AFTER = 3600.0
"""Seconds after which no job works in a folder: a job of images ends after 300 s."""


async def store_image(context: JobContext, upload: Upload, content_type: str) -> Outcome:
    """Stores the copy of an image and its previews. A file that is no proper image is refused."""
    if upload.size > MAX_IMAGE_BYTES:
        return Outcome("refused", content_type, reason="too_large")
    await asyncio.to_thread(_delete_abandoned)
    with TemporaryDirectory(prefix=_FOLDER) as place:
        folder = Path(place)
        await _write(folder / "source", upload)
        found = await convert(folder)
        if "refused" in found:
            return Outcome("refused", content_type, reason=found["refused"])
        original = folder / "original"
        content = await asyncio.to_thread(_hash, original)
        await claim(context, upload.id, content)
        previews = await find_previews(context, content)
        # Another file shows those that are stored, and has their sizes. Today's may differ from them.
        for preview in () if previews else found["previews"]:
            file = folder / preview["name"]
            previews.append({**preview, "size": file.stat().st_size})
            await upload.store.put_stream(content_path(content, preview["name"]), _read(file), file.stat().st_size)
        await upload.store.put_stream(content_path(content), _read(original), original.stat().st_size)
        return Outcome(
            "ready",
            found["content_type"],
            original.stat().st_size,
            content,
            found["width"],
            found["height"],
            found["blurhash"],
            previews,
        )


async def convert(folder: Path) -> Mapping[str, Any]:
    """Runs the other process on the file `source` of a folder. Returns what it says, or why it could not.

    Raises OSError if the disk is full, and InterruptedError if the process was ended from outside.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_PROGRAM),
        str(folder / "source"),
        str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
        cwd=folder,
        # A Ctrl-C of the terminal ends the server and not the decoder: the server stops it, or lets it finish.
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        return {"refused": "too_slow"}
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == 0:
        answer: dict[str, Any] = orjson.loads(said)
        if "failed" in answer:
            raise OSError(answer["failed"], os.strerror(answer["failed"]), str(folder))
        return answer
    if process.returncode in _ENDED:
        raise InterruptedError("the decoder was ended")
    # By a signal: the limit of its time, or the decoder has crashed.
    return {"refused": "too_slow" if process.returncode in (-9, -24) else "broken_image"}


def _delete_abandoned() -> None:
    """Deletes folders that killed processes left behind: they hold photos of users as they were uploaded."""
    for folder in Path(gettempdir()).glob(f"{_FOLDER}*"):
        # Another process may delete it at the same time, or it belongs to another user.
        with suppress(OSError):
            if folder.lstat().st_mtime < time() - _ABANDONED_AFTER:
                rmtree(folder)


async def _write(file: Path, upload: Upload) -> None:
    with file.open("wb") as opened:
        async for chunk in upload.read():
            await asyncio.to_thread(opened.write, chunk)


async def _read(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            yield chunk


def _hash(file: Path) -> str:
    hasher = sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()
