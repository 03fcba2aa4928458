"""A server that is killed while a push service has not answered yet: the device gets the notification afterwards."""

import signal
from pathlib import Path

import httpx

from app.modules.push_module.tests.devices import Device, PushService
from tests.fakers import FakeClient
from tests.processes import RunningServer


async def test_a_notification_that_is_on_the_way_survives_kill_9(project: Path, place: Path) -> None:
    settings = {"API_RELOAD": "false", "EGRESS_ALLOW_NETWORKS": "127.0.0.0/8"}
    async with PushService().listening() as service:
        with RunningServer(project, place / "postgres", **settings) as server:
            server.wait_until_ready()
            async with httpx.AsyncClient(base_url=server.base_url, timeout=30) as http:
                anna, boris = [await FakeClient.sign_up(http, name) for name in ("anna", "boris")]
                phone = await Device(service, boris).subscribe()
                service.hold(phone.path)
                chat_id = await anna.open_chat(boris, type="direct")
                await anna.send(chat_id, "раз")
                await phone.until(1)
                await anna.send(await anna.open_chat(boris), "два")
            assert server.end(signal.SIGKILL) == -signal.SIGKILL
        service.release(phone.path)
        with RunningServer(project, place / "postgres", **settings) as again:
            again.wait_until_ready()
            shown = await phone.until(3)
    tags = [one["tag"] for one in shown]
    assert tags.count(f"chat-{chat_id}") == 2
    assert {one["body"].rpartition(" ")[2] for one in shown} == {"раз", "два"}
