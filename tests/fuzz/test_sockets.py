"""Any input of a socket gets documented replies and close codes, leaves a quiet log, and affects no other client."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.resources.constants import MAX_BIGINT
from tests.asyncapi import Dictionary
from tests.fakers import API, FakeClient, FakeSocket, ok
from tests.fuzz import frames
from tests.fuzz.effort import effort

Json = dict[str, Any]


@pytest.fixture
async def dictionary(server: httpx.AsyncClient) -> Dictionary:
    return Dictionary(ok(await server.get("/asyncapi.json")))


@pytest.fixture
async def witness(boris: FakeClient, club: str, live_server: str, quiet_log: list[str]) -> AsyncIterator[FakeSocket]:
    """Boris, a member of the club. He stays connected and must miss no event."""
    async with FakeSocket(boris, live_server) as device:
        yield device
        head = ok(await boris.get(f"/chats/{club}"))["event_seq"]
        await device.until(lambda: len(device.events[club]) >= head - 2)
        # A send whose socket was closed may be written after the head was read.
        seqs = device.seqs(club)
        assert seqs == list(range(3, max(head, seqs[-1] if seqs else 0) + 1))


class Fuzzed:
    """One connection, and everything that the server sends on it."""

    def __init__(self, connection: ClientConnection, dictionary: Dictionary) -> None:
        self._connection = connection
        self._dictionary = dictionary
        self.replies: list[Json] = []

    async def send(self, sent: frames.Sent) -> None:
        try:
            match sent:
                case frames.Text(text):
                    await self._connection.send(text)
                case frames.Binary(data):
                    await self._connection.send(data)
                case frames.Wire(data):
                    self._connection.transport.write(data)
        except ConnectionClosed:
            return

    async def listen(self, replies: int) -> int | None:
        """Read until there are so many replies (returns None), or the server closes (returns the code)."""
        async with asyncio.timeout(60):
            try:
                while len(self.replies) < replies:
                    frame = json.loads(await self._connection.recv())
                    self._dictionary.find(frame)
                    if "reply_to" in frame:
                        self.replies.append(frame)
            except ConnectionClosed:
                return self._connection.close_code
        return None


def read(sent: frames.Sent) -> Json | None:
    """Returns the object in a frame, None if there is none."""
    try:
        read = json.loads(sent.text, parse_constant=int) if isinstance(sent, frames.Text) else None
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def id_of(request: Json) -> int | str | None:
    """Returns the id that a reply to this request must have."""
    given_id = request.get("id")
    if isinstance(given_id, str):
        is_text = not any("\ud800" <= letter <= "\udfff" for letter in given_id)
        return given_id if is_text and len(given_id) <= 64 else None
    if isinstance(given_id, int) and not isinstance(given_id, bool):
        return given_id if abs(given_id) <= MAX_BIGINT else None
    return None


def hello(user: FakeClient) -> frames.Text:
    return frames.Text(json.dumps({"id": 0, "action": "hello", "data": {"token": user.access_token}}))


LAST = frames.Text('{"id": "last", "action": "ping", "data": {}}')

some_frames = st.one_of(frames.good, frames.good, frames.almost_good, frames.almost_good, frames.garbage)


@given(sent=st.lists(some_frames, max_size=12))
@effort(80)
async def test_any_frames_after_a_good_hello(
    anna: FakeClient,
    club: str,
    live_server: str,
    witness: FakeSocket,
    dictionary: Dictionary,
    sent: list[frames.Sent],
) -> None:
    """Each object gets one reply. The first frame without an object closes the socket."""
    sent = [frames.filled(each, club, anna.access_token) for each in sent]
    objects = [read(each) for each in sent]
    good = objects[: objects.index(None)] if None in objects else objects
    asked = Counter([0, *(id_of(request) for request in good if request is not None)])
    await witness.ask("ping")
    async with connect(f"ws://{live_server}{API}/ws", compression=None) as connection:
        fuzzed = Fuzzed(connection, dictionary)
        for each in (hello(anna), *sent):
            await fuzzed.send(each)
        if None in objects:
            assert await fuzzed.listen(len(sent) + 2) == 4400
        else:
            assert await fuzzed.listen(len(sent) + 1) is None
            await fuzzed.send(LAST)
            assert await fuzzed.listen(len(sent) + 2) is None
            assert fuzzed.replies.pop() == {"reply_to": "last", "status": "ok", "data": {}}
    await witness.ask("ping")
    replies = Counter(reply["reply_to"] for reply in fuzzed.replies)
    # Requests in progress when the socket is closed get no reply.
    assert replies <= asked if None in objects else replies == asked


@given(sent=st.lists(some_frames, min_size=1, max_size=4))
@effort(30)
async def test_any_frames_before_a_hello(
    anna: FakeClient,
    club: str,
    live_server: str,
    witness: FakeSocket,
    dictionary: Dictionary,
    sent: list[frames.Sent],
) -> None:
    """A client that does not send hello first is refused, even if a hello follows."""
    sent = [frames.filled(each, club, anna.access_token) for each in sent]
    first = read(sent[0])
    async with connect(f"ws://{live_server}{API}/ws", compression=None) as connection:
        fuzzed = Fuzzed(connection, dictionary)
        for each in (*sent, hello(anna)):
            await fuzzed.send(each)
        code = await fuzzed.listen(len(sent) + 1)
    await witness.ask("ping")
    if first is None:
        assert (code, fuzzed.replies) == (4400, [])
    elif first.get("action") != "hello":
        assert (code, fuzzed.replies) == (4401, [])
    else:
        assert code in (None, 4400, 4401)


@given(sent=st.lists(frames.good | frames.broken, min_size=1, max_size=5))
@effort(40)
async def test_bytes_that_are_no_frames(
    anna: FakeClient,
    club: str,
    live_server: str,
    witness: FakeSocket,
    dictionary: Dictionary,
    sent: list[frames.Sent],
) -> None:
    """In the end the client disconnects, perhaps in the middle of a frame; then there may be no close code."""
    sent = [frames.filled(each, club, anna.access_token) for each in sent]
    async with connect(f"ws://{live_server}{API}/ws", compression=None) as connection:
        fuzzed = Fuzzed(connection, dictionary)
        for each in (hello(anna), *sent):
            await fuzzed.send(each)
        with suppress(OSError):
            connection.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
        code = await fuzzed.listen(len(sent) + 2)
    await witness.ask("ping")
    assert code in dictionary.close_codes | {1000, 1005, 1006}
