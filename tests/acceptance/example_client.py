"""The example client in Python, which applies events as the documents say. It is fed by the event lists of REST."""

import importlib.util
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

from tests.fakers import FakeClient, ok

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
    dice: Random

    @classmethod
    async def begin(cls, device: FakeClient, dice: Random) -> "ExampleClient":
        client = cls("", {}, lambda event: None)
        client.device, client.dice = device, dice
        await client.load()
        return client

    async def call(self, path: str) -> dict[str, Any]:
        answer = await self.device.get(path)
        if answer.status_code == 404:
            raise _EXAMPLE.HTTPError(path, 404, "Not Found", None, None)
        return ok(answer)

    async def catch_up(self) -> None:
        """Takes all events that the server has for this client now."""
        is_behind = True
        while is_behind:
            is_behind = False
            streams = sorted(self.cursors)
            self.dice.shuffle(streams)
            for stream_id in streams:
                path = "/accounts/me/events" if stream_id == self.account_id else f"/chats/{stream_id}/events"
                answer = await self.device.get(path, after=self.cursors[stream_id], limit=200)
                if answer.status_code == 404:
                    # Its events end with the membership.
                    continue
                for event in ok(answer)["items"]:
                    await self._take({**event, "stream_id": stream_id})
                    is_behind = True
