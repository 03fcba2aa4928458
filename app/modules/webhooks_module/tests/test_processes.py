"""Several processes post to one webhook: in order, and at least once whatever ends."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.adapters.db.address import DatabaseAddress
from app.fastapi_engine.constructor import build_app
from app.modules.webhooks_module.services.activity import Activity
from app.modules.webhooks_module.tests.receiving import (
    Receiver,
    receiving,
    until_attempts,
    until_no_job,
)
from app.settings import PROJECT_ROOT, Settings
from app.settings.egress_settings import EgressSettings
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok
from tests.manage import variables_for
from tests.processes import READY_SECONDS, clean_environment
from tests.servers import served

LOOPBACK = "127.0.0.0/8"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, egress=EgressSettings(allow_networks=(LOOPBACK,)))


@asynccontextmanager
async def working(address: DatabaseAddress, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that runs subscribers and jobs. It is killed at the end of the block."""
    variables = variables_for(address) | {"EGRESS_ALLOW_NETWORKS": LOOPBACK, "LOG_WRITE_TO_FILE": "false"}
    with (folder / f"worker-{uuid4()}").open("wb") as output:
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "manage.py", "worker",
            cwd=PROJECT_ROOT, env=clean_environment(variables), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield worker
    finally:
        worker.kill()
        await worker.wait()


async def create_at_loopback(user: FakeClient, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    """Creates a webhook at the address of the receiver, which has no name here."""
    return ok(await user.post("/webhooks", {"url": receiver.url(host="127.0.0.1"), **fields}))


async def test_an_event_of_a_process_that_is_killed_comes_again_with_the_same_id(
    settings: Settings, database_address: DatabaseAddress, receiver: Receiver, tmp_path: Path
) -> None:
    app = build_app(replace(settings, app=settings.app.model_copy(update={"background": False})))
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        club = await anna.open_chat()
        webhook = await create_at_loopback(anna, receiver, chat_ids=[club])
        for text in ("раз", "два"):
            await anna.send(club, text)
        receiver.hang()
        async with working(database_address, tmp_path):
            await receiver.until(1, seconds=READY_SECONDS)
        receiver.go_on()
        async with working(database_address, tmp_path):
            messages = await receiver.until(3, seconds=READY_SECONDS)
        attempts = await until_attempts(anna, webhook, 1)
    assert [message.text for message in messages] == ["раз", "раз", "два"]
    assert messages[0].id == messages[1].id
    assert attempts[0]["attempt"] == 1


async def test_an_event_of_a_job_that_was_taken_over_comes_again(settings: Settings, receiver: Receiver) -> None:
    app = build_app(settings)
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        club = await anna.open_chat()
        webhook = await create_at_loopback(anna, receiver, chat_ids=[club])
        receiver.hang()
        await anna.send(club, "раз")
        await receiver.until(1)
        container: Container = app.state.container
        # As if this process had been frozen until its lease had expired.
        await rows(
            container,
            "UPDATE job SET lease_id = $1, leased_until = now() WHERE name = 'webhooks.deliver' RETURNING id",
            uuid4(),
        )
        await receiver.until(2)
        receiver.go_on()
        await until_attempts(anna, webhook, 1)
        await until_no_job(container)
        first, second = receiver.messages
        assert first.id == second.id
        assert len(await until_attempts(anna, webhook, 1)) == 1


async def test_two_processes_keep_the_order_of_a_stream(settings: Settings, receiver: Receiver) -> None:
    one, other = build_app(settings), build_app(settings)
    async with served(one) as http, served(other) as other_http:
        anna = await FakeClient.sign_up(http, "anna")
        elsewhere = FakeClient(other_http, id=anna.id, headers=anna.headers)
        club = await anna.open_chat()
        await create_at_loopback(anna, receiver, chat_ids=[club])
        await asyncio.gather(
            *((anna, elsewhere)[number % 2].send(club, str(number)) for number in range(40)),
        )
        await receiver.until(40)
        await until_no_job(one.state.container)
    seqs = [message.event["seq"] for message in receiver.messages]
    assert seqs == list(range(seqs[0], seqs[0] + 40))


async def test_an_event_that_another_process_passes_over_after_the_creation_is_posted(
    settings: Settings, receiver: Receiver
) -> None:
    one, other = build_app(settings), build_app(settings)
    async with served(one) as http, served(other) as other_http:
        anna = await FakeClient.sign_up(http, "anna")
        elsewhere = FakeClient(other_http, id=anna.id, headers=anna.headers)
        club = await anna.open_chat()
        await until_idle(other)
        await create_at_loopback(anna, receiver, chat_ids=[club])
        await elsewhere.send(club, "сразу")
        (message,) = await receiver.until(1)
    assert message.text == "сразу"


async def until_idle(app: FastAPI) -> None:
    container: Container = app.state.container

    async def is_idle() -> bool:
        return container.get(Activity).is_idle()

    await eventually(is_idle)


async def test_a_process_is_idle_while_no_webhook_is_active(settings: Settings, receiver: Receiver) -> None:
    app = build_app(settings)
    async with served(app) as http:
        anna = await FakeClient.sign_up(http, "anna")
        await until_idle(app)
        activity = app.state.container.get(Activity)
        webhook = await create_at_loopback(anna, receiver, kinds=["bot.*"])
        assert not activity.is_idle()
        path = f"/webhooks/{webhook['id']}"
        ok(await anna.patch(path, {"state": "paused"}))
        await until_idle(app)
        ok(await anna.patch(path, {"state": "active"}))
        assert not activity.is_idle()
        ok(await anna.delete(path))
        await until_idle(app)
