"""With TRACING_URL a collector receives spans, without texts and secrets. Without it nothing is loaded and wrapped."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.adapters.clients.http import EgressError, HttpClient
from app.adapters.db.database import BackgroundDatabase, Database
from app.adapters.tracing import OpenTelemetry
from app.fastapi_engine.constructor import build_app
from app.modules.messages_module.services.batch import write_batch
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.services.sends import Send
from app.settings import PROJECT_ROOT, Settings
from app.settings.tracing_settings import TracingSettings
from app.utils.container import Container
from app.utils.tracing import NO_TRACING, SpanDetails, Tracing
from tests.fakers import FakeClient, eventually, ok, problem
from tests.otlp_receiver import OtlpReceiver, Span, otlp_receiver
from tests.processes import free_port
from tests.servers import served

SEND = "POST /api/v1/chats/{chat_id}/messages"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    monkeypatch.setattr("app.adapters.tracing._TIMEOUT", 30.0)
    with otlp_receiver() as received:
        yield received


@pytest.fixture
def traced(settings: Settings, collector: OtlpReceiver) -> Settings:
    """Settings with which the collector gets all spans."""
    tracing = TracingSettings(url=collector.url, headers=SecretStr("authorization=Bearer key, x-tenant=a=b"))
    return replace(settings, tracing=tracing)


@pytest.fixture
def app(traced: Settings) -> FastAPI:
    return build_app(traced)


def trace_headers(*, sampled: bool = True) -> tuple[str, str, dict[str, str]]:
    """Returns the ids of a trace and of the client's span, and the header that names them."""
    trace_id, span_id = uuid4().hex, uuid4().hex[:16]
    return trace_id, span_id, {"traceparent": f"00-{trace_id}-{span_id}-0{int(sampled)}"}


async def flush(app: FastAPI) -> None:
    """Sends the spans, as the end of the server does. A send is answered before its batch has ended."""
    container: Container = app.state.container
    await container.get(SendQueue).drain()
    await container.get(Tracing).aclose()


async def test_a_send_is_a_span_in_the_clients_trace_and_its_batch_is_linked_to_it(
    anna: FakeClient, club: str, app: FastAPI, collector: OtlpReceiver
) -> None:
    trace_id, span_id, headers = trace_headers()
    answer = await anna.http.post(
        f"/api/v1/chats/{club}/messages", json={"text": "Привет 👋"}, headers={**anna.headers, **headers}
    )
    assert answer.status_code == HTTPStatus.CREATED
    await flush(app)
    (send,) = [span for span in collector.named(SEND) if span.trace_id == trace_id]
    assert send.parent_id == span_id
    assert send.attributes["http.route"] == "/api/v1/chats/{chat_id}/messages"
    assert send.attributes["http.response.status_code"] == HTTPStatus.CREATED
    assert send.attributes["request.id"] == answer.headers["x-request-id"]
    (batch,) = [span for span in collector.named("send batch") if send.span_id in span.links]
    # One batch contains sends of several requests, so it belongs to the trace of none.
    assert (batch.trace_id != trace_id, batch.parent_id) == (True, "")
    assert batch.attributes == {"chats": 1, "sends": 1}
    assert send.resource["service.name"] == "messenger"
    assert (collector.headers["authorization"], collector.headers["x-tenant"]) == ("Bearer key", "a=b")


async def test_a_unit_of_work_is_a_span_inside_its_request(
    anna: FakeClient, club: str, app: FastAPI, collector: OtlpReceiver
) -> None:
    trace_id, _, headers = trace_headers()
    await anna.http.patch(f"/api/v1/chats/{club}", json={"title": "Тайна"}, headers={**anna.headers, **headers})
    await flush(app)
    (change,) = [span for span in collector.spans if span.name == "PATCH /api/v1/chats/{chat_id}"]
    works = [span for span in collector.named("transaction") if span.trace_id == trace_id]
    assert works
    assert {span.parent_id for span in works} == {change.span_id}
    # Polls of background work have no spans.
    assert [span for span in collector.named("transaction") if not span.parent_id] == []


async def test_jobs_subscribers_the_bus_and_outgoing_requests_have_spans(
    anna: FakeClient, club: str, app: FastAPI, collector: OtlpReceiver
) -> None:
    await anna.send(club, "сообщение для поиска")
    client: HttpClient = app.state.container.get(HttpClient)
    with pytest.raises(EgressError):
        await client.request("GET", "http://127.0.0.1:1/secret?token=secret", purpose="test")

    async def has_all() -> bool:
        names = {span.name.partition(" ")[0] for span in collector.spans}
        return {"job", "subscriber", "bus", "outgoing"} <= names

    # The library sends what has ended every five seconds.
    await eventually(has_all)
    (outgoing,) = collector.named("outgoing request")
    assert outgoing.attributes["server.address"] == "127.0.0.1"
    assert outgoing.has_failed
    job = next(span for span in collector.spans if span.name.startswith("job "))
    assert job.name == f"job {job.attributes['job.name']}"
    assert next(span for span in collector.spans if span.name.startswith("subscriber ")).attributes["streams"] >= 1


async def test_no_span_contains_texts_names_tokens_or_addresses(
    anna: FakeClient, club: str, app: FastAPI, collector: OtlpReceiver
) -> None:
    await anna.send(club, "СОВЕРШЕННОСЕКРЕТНО")
    ok(await anna.get("/search/messages", q="НАЙДИМЕНЯ"))
    problem(await anna.get("/chats/ошибка"), 422, "validation_error")
    assert (await anna.http.get("/files/SECRETPATH?token=SECRETQUERY")).is_error
    await flush(app)
    everything = b"".join(collector.bodies)
    secrets = ["СОВЕРШЕННОСЕКРЕТНО", "НАЙДИМЕНЯ", "SECRETPATH", "SECRETQUERY", anna.access_token, anna.username, club]
    assert collector.spans
    assert [secret for secret in secrets if secret.encode() in everything] == []


async def test_a_client_may_keep_its_request_out_and_cannot_add_it(settings: Settings, collector: OtlpReceiver) -> None:
    async def traced_requests(ratio: float, *, sampled: bool) -> list[Span]:
        collector.spans.clear()
        app = build_app(replace(settings, tracing=TracingSettings(url=collector.url, ratio=ratio)))
        trace_id, _, headers = trace_headers(sampled=sampled)
        async with served(app) as http:
            await http.get("/healthcheck/live", headers=headers)
        return [span for span in collector.spans if span.trace_id == trace_id]

    assert len(await traced_requests(1.0, sampled=True)) == 1
    assert await traced_requests(1.0, sampled=False) == []
    assert await traced_requests(0.0, sampled=True) == []


async def test_a_wrong_traceparent_begins_a_new_trace(
    app: FastAPI, server: httpx.AsyncClient, collector: OtlpReceiver
) -> None:
    for value in ("", "00-zz", "ff-" + "0" * 32, "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "a" * 5_000):
        assert (await server.get("/healthcheck/live", headers={"traceparent": value})).is_success
    await flush(app)
    assert [span.parent_id for span in collector.named("GET /healthcheck/live")] == [""] * 5


async def test_a_server_without_its_collector_serves_and_ends(settings: Settings) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with served(build_app(replace(settings, tracing=TracingSettings(url=url)))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        chat = await anna.open_chat()
        await anna.send(chat, "Привет")


async def test_an_error_in_a_description_is_none_of_the_work(collector: OtlpReceiver) -> None:
    """The work may be committed: it must not be repeated because its span could not be described."""
    tracing = OpenTelemetry(TracingSettings(url=collector.url), "1")

    async def work(number: int) -> int:
        return number

    def details(number: int) -> SpanDetails:
        raise TypeError(number)

    assert await tracing.traced("work", work, details)(7) == 7
    await tracing.aclose()
    assert [span.name for span in collector.spans] == ["work"]


async def test_while_tracing_is_off_services_call_the_functions_themselves(settings: Settings) -> None:
    app = build_app(settings)
    container: Container = app.state.container
    async with served(app):
        queue, client = container.get(SendQueue), container.get(HttpClient)
        assert container.get(Tracing) is NO_TRACING
        assert queue._write_batch is write_batch
        assert queue._make_send is Send
        assert client._send == client._follow
        assert isinstance(container.get(Database).sessions, async_sessionmaker)
        assert isinstance(container.get(BackgroundDatabase).sessions, async_sessionmaker)
        assert [middleware for middleware in app.user_middleware if "Tracing" in str(middleware.cls)] == []


def test_while_tracing_is_off_no_sdk_is_imported() -> None:
    """FastAPI itself imports the interfaces of OpenTelemetry, which do nothing."""
    code = (
        "import sys; from app.settings import load_settings; from app.fastapi_engine.constructor import build_app\n"
        "build_app(load_settings(env_file=None))\n"
        "names = ('opentelemetry.sdk', 'opentelemetry.exporter', 'opentelemetry.proto', 'google.protobuf', 'requests',"
        " 'app.adapters.tracing')\n"
        "print([name for name in sys.modules if name.startswith(names)])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "url", ["collector:4318", "ftp://a", "http://", "http://user:x@a", "http://a:99999", "http://[x"]
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be http://host:port"):
        TracingSettings(url=url)


@pytest.mark.parametrize("headers", ["authorization", "=x", "a=b,c", "a=б", "a=b\r\nc=d"])
def test_headers_that_cannot_be_sent_are_refused(headers: str) -> None:
    with pytest.raises(ValidationError, match="must be name=value"):
        TracingSettings(headers=SecretStr(headers))
