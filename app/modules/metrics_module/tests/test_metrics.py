"""The metrics count what happens, and each of them is documented."""

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.fastapi_engine.constructor import build_app
from app.settings import Settings
from tests.fakers import FakeClient, FakeSocket, ok
from tests.servers import client_of_port, served

server = client_of_port


async def scrape(server: httpx.AsyncClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Returns the samples by name and labels."""
    answer = await server.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class Difference:
    """The differences between two scrapes. The counters belong to the process, which other tests have used, too."""

    def __init__(self, server: httpx.AsyncClient) -> None:
        self._server = server
        self._before: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}

    async def begin(self) -> None:
        self._before = await scrape(self._server)

    async def of(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return (await scrape(self._server)).get(key, 0.0) - self._before.get(key, 0.0)


@pytest.fixture
async def counted(server: httpx.AsyncClient, club: str) -> Difference:
    """Counts from the moment at which the accounts and their chat exist."""
    difference = Difference(server)
    await difference.begin()
    return difference


async def test_requests_are_counted_by_the_template_of_their_route(
    anna: FakeClient, club: str, counted: Difference
) -> None:
    for _ in range(3):
        ok(await anna.get(f"/chats/{club}"))
    await anna.get("/chats/00000000-0000-0000-0000-000000000000")
    route = "/api/v1/chats/{chat_id}"
    assert await counted.of("messenger_http_request_seconds_count", method="GET", route=route, status="200") == 3
    assert await counted.of("messenger_http_request_seconds_count", method="GET", route=route, status="404") == 1


async def test_unknown_paths_are_counted_in_one_series(
    anna: FakeClient, server: httpx.AsyncClient, counted: Difference
) -> None:
    for number in range(5):
        await server.get(f"/wp-admin/{number}.php")
    await server.request("PROPFIND", "/coffee")
    count = "messenger_http_request_seconds_count"
    assert await counted.of(count, method="GET", route="(none)", status="404") == 5
    assert await counted.of(count, method="(other)", route="(none)", status="404") == 1


async def test_waiting_requests_are_not_counted_in_the_latencies(
    anna: FakeClient, club: str, counted: Difference
) -> None:
    ok(await anna.get(f"/chats/{club}/events", after=2, wait=0.3))
    route = "/api/v1/chats/{chat_id}/events"
    assert await counted.of("messenger_http_event_requests_total", route=route, status="200") == 1
    assert await counted.of("messenger_http_request_seconds_count", method="GET", route=route, status="200") == 0


async def test_sends_and_deliveries_are_counted(
    anna: FakeClient, boris: FakeClient, club: str, live_server: str, counted: Difference
) -> None:
    async with FakeSocket(boris, live_server) as socket:
        message = await anna.send(club, "раз")
        body = {"client_msg_id": message["client_msg_id"], "text": "раз"}
        assert (await anna.post(f"/chats/{club}/messages", body)).status_code == 200
        assert (await anna.post(f"/chats/{club}/messages", {**body, "text": "два"})).status_code == 422
        await socket.until(lambda: bool(socket.events[club]))
        assert await counted.of("messenger_sockets") == 1
        assert (await scrape(anna.http))["messenger_streams_followed", frozenset()] >= 2
    assert await counted.of("messenger_sends_total", outcome="written") == 1
    assert await counted.of("messenger_sends_total", outcome="replayed") == 1
    assert await counted.of("messenger_sends_total", outcome="refused") == 1
    assert await counted.of("messenger_send_batch_size_count") == 3
    assert await counted.of("messenger_deliveries_total") >= 1


async def test_a_connected_bus_is_reported_by_its_metric(settings: Settings) -> None:
    """Starts a new server: the gauge belongs to the process, and a server that has stopped in it has set it to 0."""
    async with served(build_app(settings)) as http:
        await FakeClient.sign_up(http)
        samples = await scrape(http)
    assert samples["messenger_bus_connected", frozenset()] == 1
    assert sum(value for (name, _), value in samples.items() if name == "messenger_pool_connections") >= 1


async def test_every_metric_is_documented(server: httpx.AsyncClient, project_root: Path) -> None:
    families = text_string_to_metric_families((await server.get("/metrics")).text)
    served = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    page = (project_root / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE)) == served
