"""Webhooks do not reach the own network, and do not reveal what is there."""

import pytest

from app.modules.webhooks_module.tests.receiving import Receiver, create, reaching, receiving, until_attempts
from app.utils.container import Container
from tests.fakers import FakeClient, ok, problem

INSIDE = ("10.0.0.1", "169.254.169.254", "0x7f.1", "2130706433", "[::ffff:10.0.0.1]", "[fe80::1]")


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_address_inside_is_refused_at_the_creation(
    anna: FakeClient, receiver: Receiver, scheme: str, host: str
) -> None:
    refused = problem(await anna.post("/webhooks", {"url": f"{scheme}://{host}/"}), 422, "validation_error")
    assert refused["errors"][0]["loc"] == ["body", "url"]
    webhook = await create(anna, receiver)
    problem(await anna.patch(f"/webhooks/{webhook['id']}", {"url": f"{scheme}://{host}/"}), 422, "validation_error")


@pytest.mark.parametrize("answers", [["93.184.215.14"], ["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], []])
async def test_without_tls_all_other_hosts_are_refused_alike(
    anna: FakeClient, container: Container, answers: list[str]
) -> None:
    async with receiving() as receiver, reaching(container, answers):
        refused = problem(await anna.post("/webhooks", {"url": receiver.url()}), 422, "validation_error")
        missing = problem(
            await anna.post("/webhooks", {"url": receiver.url(host="missing.example")}), 422, "validation_error"
        )
    assert refused["errors"] == missing["errors"]


async def test_a_name_that_leads_inside_later_is_not_reached(anna: FakeClient, club: str, container: Container) -> None:
    async with receiving() as receiver, reaching(container, ["127.0.0.1"], ["10.0.0.1"]):
        webhook = await create(anna, receiver, kinds=["message.created"])
        await anna.send(club)
        (attempt,) = await until_attempts(anna, webhook, 1)
    assert (attempt["status"], attempt["error"], attempt["duration_ms"]) == (None, "unreachable", None)
    assert receiver.messages == []


async def test_a_test_event_does_not_reveal_which_hosts_exist_inside(anna: FakeClient, container: Container) -> None:
    async with receiving() as receiver, reaching(container, ["10.0.0.1"]):
        answers = []
        for host in ("hooks.example", "missing.example"):
            webhook = await create_with(anna, receiver.url(host=host, scheme="https"))
            answers.append(ok(await anna.post(f"/webhooks/{webhook}/test")))
    assert answers == [{"status": None, "error": "unreachable", "duration_ms": None}] * 2


async def create_with(user: FakeClient, url: str) -> str:
    return str(ok(await user.post("/webhooks", {"url": url, "kinds": ["message.created"]}))["id"])


async def test_a_receiver_that_does_not_answer_is_a_timeout(anna: FakeClient, club: str, container: Container) -> None:
    async with receiving() as receiver, reaching(container, timeout_s=0.2):
        receiver.hang()
        webhook = await create(anna, receiver, kinds=["message.created"])
        await anna.send(club)
        (attempt,) = await until_attempts(anna, webhook, 1)
        assert (attempt["status"], attempt["error"]) == (None, "timeout")
        assert ok(await anna.post(f"/webhooks/{webhook['id']}/test"))["error"] == "timeout"
        receiver.go_on()


async def test_only_the_beginning_of_an_answer_is_read(anna: FakeClient, club: str, receiver: Receiver) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1000000000\r\n\r\n"
    receiver.answers = [head + b"a" * 100_000]
    webhook = await create(anna, receiver, kinds=["message.created"])
    await anna.send(club)
    (attempt,) = await until_attempts(anna, webhook, 1)
    assert (attempt["status"], attempt["next_at"]) == (200, None)
