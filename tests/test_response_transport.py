"""The transport of responses: what a response writes arrives in its order, and its head not alone."""

import asyncio

import pytest

from app.fastapi_engine.patched.responses import ResponseTransport


class _Recorder(asyncio.Transport):
    """Records each write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.written.append(bytes(data))

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


@pytest.fixture
def recorder() -> _Recorder:
    return _Recorder()


@pytest.fixture
async def transport(recorder: _Recorder) -> ResponseTransport:
    return ResponseTransport(recorder, asyncio.get_running_loop(), recorder.close)


async def test_the_head_leaves_with_the_beginning_of_the_body(
    transport: ResponseTransport, recorder: _Recorder
) -> None:
    for data in (b"head ", b"body ", b"more"):
        transport.write(data)
    await asyncio.sleep(0)
    assert recorder.written == [b"head body ", b"more"]


async def test_the_head_does_not_wait_for_a_body_that_comes_later(
    transport: ResponseTransport, recorder: _Recorder
) -> None:
    transport.write(b"head")
    await asyncio.sleep(0)
    assert recorder.written == [b"head"]
    transport.write(b"body")
    assert recorder.written == [b"head", b"body"]


async def test_responses_without_a_body_keep_their_order(transport: ResponseTransport, recorder: _Recorder) -> None:
    for head in (b"first ", b"second "):
        transport.write(head)
        transport.end()
    assert recorder.written == [b"first ", b"second "]


async def test_a_response_that_closes_its_connection_is_written_before(
    transport: ResponseTransport, recorder: _Recorder
) -> None:
    transport.write(b"head")
    transport.close()
    await asyncio.sleep(0)
    assert (recorder.written, transport.is_closing()) == ([b"head"], True)


async def test_a_head_that_waits_is_not_written_to_a_lost_connection(
    transport: ResponseTransport, recorder: _Recorder
) -> None:
    transport.write(b"head")
    recorder.abort()
    transport.flush()
    transport.end()
    transport.close()
    assert recorder.written == []
