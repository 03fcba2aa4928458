"""A notification about a message of an incoming webhook names the webhook."""

from typing import Any

import httpx
import pytest

from app.modules.incoming_webhooks_module.tests.hooks import create_hook, post
from app.modules.push_module.tests.devices import Device
from tests.fakers import FakeClient, ok

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.mark.parametrize(("username", "shown"), [(None, "Jenkins"), ("Дежурный", "Дежурный"), (" \u200b", "Jenkins")])
async def test_in_a_group_the_name_of_the_webhook_is_in_place_of_its_creator(
    anna: FakeClient, club: str, phone: Device, server: httpx.AsyncClient, username: str | None, shown: str
) -> None:
    hook = await create_hook(anna, club, "Jenkins")
    await post(server, hook, json={"text": "Build 7 failed", "username": username})
    (notification,) = await phone.until(1)
    assert (notification["title"], notification["body"]) == ("Книжный клуб", f"{shown}: Build 7 failed")


async def test_the_text_of_a_webhook_is_shown_as_it_was_written(
    anna: FakeClient, club: str, phone: Device, server: httpx.AsyncClient
) -> None:
    await post(
        server, await create_hook(anna, club, "Jenkins"), "*api* failed: 2*3 __init__ <https://ci.example/7|log>"
    )
    (notification,) = await phone.until(1)
    assert notification["body"] == "Jenkins: api failed: 2*3 __init__ log"


async def test_in_a_direct_chat_the_title_stays_the_account(
    anna: FakeClient, boris: FakeClient, phone: Device, server: httpx.AsyncClient
) -> None:
    chat_id = await anna.open_chat(boris, type="direct")
    await post(server, await create_hook(anna, chat_id, "Jenkins"), "Build 7 failed")
    (notification,) = await phone.until(1)
    assert (notification["title"], notification["body"]) == ("Анна", "Jenkins: Build 7 failed")


@pytest.mark.parametrize(
    ("preview", "expected"),
    [("sender", ("Книжный клуб", "Jenkins: New message")), ("none", ("New message", ""))],
)
async def test_a_preview_shows_the_webhook_where_it_would_show_the_sender(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    phone: Device,
    server: httpx.AsyncClient,
    preview: str,
    expected: Any,
) -> None:
    ok(await boris.put("/accounts/me/notifications", {"preview": preview}))
    await post(server, await create_hook(anna, club, "Jenkins"), "Build 7 failed")
    (notification,) = await phone.until(1)
    assert (notification["title"], notification["body"]) == expected
