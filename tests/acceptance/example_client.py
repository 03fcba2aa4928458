"""The example client in Python, which applies events as the documents say. It is fed by a WebSocket of the tests."""

import importlib.util
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from tests.fakers import FakeClient, FakeSocket, ok

_FILE = Path(__file__).parents[2] / "docs" / "examples" / "realtime_client.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("realtime_client", _FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_EXAMPLE: Any = _load()


class ExampleClient(_EXAMPLE.Messenger):  # type: ignore[misc]
    """A device that is online. Streams have no order among each other: each time another one comes first."""

    device: FakeClient
    socket: FakeSocket
    dice: Random
    log: dict[str, list[dict[str, Any]]]
    """The events of each stream."""

    @classmethod
    async def begin(cls, device: FakeClient, address: str, dice: Random) -> "ExampleClient":
        """Reads the state. Its changes come when the socket is connected."""
        log: dict[str, list[dict[str, Any]]] = defaultdict(list)
        client = cls("", {}, lambda event: log[event["stream_id"]].append(event))
        client.device, client.dice, client.log = device, dice, log
        await client.load()
        client.socket = FakeSocket(device, address)
        client.socket.cursors = dict(client.cursors)
        return client

    async def call(self, path: str) -> dict[str, Any]:
        answer = await self.device.get(path)
        if answer.status_code == 404:
            raise _EXAMPLE.HTTPError(path, 404, "Not Found", None, None)
        return ok(answer)

    async def catch_up(self, heads: Mapping[str, int]) -> None:
        """Takes all events, at least up to these sequence numbers of the streams."""
        cursors = self.socket.cursors
        await self.socket.until(lambda: all(cursors.get(stream_id, 0) >= seq for stream_id, seq in heads.items()))
        events, self.socket.events = self.socket.events, defaultdict(list)
        gaps, self.socket.gaps = self.socket.gaps, []
        for gap in gaps:
            await self._read_again(gap)
        streams = sorted(events)
        self.dice.shuffle(streams)
        for event in (event for stream_id in streams for event in events[stream_id]):
            await self._take(event)
