"""Parts of modules in sends that another process delegates to this one."""

import asyncio
import struct
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.adapters.clients.peers.frames import DATA, encode
from app.modules.messages_module.extension import MessagePart
from app.modules.messages_module.services.delegation import Delegation
from app.modules.messages_module.services.delegation.wire import FAILED, REFUSED, encode_send, read_results
from app.settings import Settings
from app.utils.module import Module
from tests.fakers import eventually
from tests.servers import build_with


def count_words(request: Any) -> int:
    if request.text == "?":
        raise LookupError("no words")
    return len(request.text.split())


MODULE = Module(
    name="test",
    description="A part of this test",
    depends_on=("messages",),
    contributes=(MessagePart("words", int, empty=0, derive=count_words),),
)


@pytest.fixture
async def app(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    return build_with(settings, monkeypatch, MODULE)


@pytest.mark.usefixtures("live_server")
async def test_an_error_of_a_part_is_the_result_of_its_own_send_only(app: FastAPI) -> None:
    delegation = app.state.container.get(Delegation)

    async def has_joined() -> bool:
        return delegation.group.folder is not None

    await eventually(has_joined)
    reader, writer = await asyncio.open_unix_connection(delegation.group.folder.path_of(delegation.group.name))
    bodies = [b'{"client_msg_id": "%s", "text": "%s"}' % (str(uuid4()).encode(), text) for text in (b"?", b"two words")]
    sends = [encode_send(number, uuid4(), uuid4(), None, body) for number, body in enumerate(bodies)]
    writer.write(encode(DATA, *sends))
    results: dict[int, int] = {}
    while len(results) < len(sends):
        length, kind = struct.unpack("!IB", await reader.readexactly(5))
        assert kind == DATA
        results |= {number: result for number, result, _ in read_results(await reader.readexactly(length))}
    writer.close()
    await writer.wait_closed()
    assert results == {0: FAILED, 1: REFUSED}
