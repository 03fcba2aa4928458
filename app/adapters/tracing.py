"""Sends spans to an OpenTelemetry collector. Imported only if TRACING_URL is set.

No span contains texts, names, addresses with secrets, or values of statements. No global provider is set: libraries
that look for one, FastAPI among them, send nothing.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, TraceIdRatioBased
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Span, SpanKind, StatusCode, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.settings.tracing_settings import TracingSettings
from app.utils.isolation import call_isolated
from app.utils.logs import request_id
from app.utils.tracing import SpanDetails, Tracing

P = ParamSpec("P")
T = TypeVar("T")

_TIMEOUT = 2.0
"""Seconds for one request to the collector, and for all that are left at shutdown."""
_CAUSES = 100
"""Links of one span. The library keeps as many."""
_ORIGIN = "span_context"
_PROPAGATOR = TraceContextTextMapPropagator()
_CONTEXT_HEADERS = {b"traceparent", b"tracestate"}


class OpenTelemetry(Tracing):
    """Tracing that is on."""

    def __init__(self, settings: TracingSettings, version: str) -> None:
        session = requests.Session()
        # No proxy and no credentials of the environment.
        session.trust_env = False
        self._exporter = OTLPSpanExporter(
            f"{settings.url}/v1/traces", headers=settings.header_pairs, timeout=_TIMEOUT, session=session
        )
        # A client may decide that its request is not traced, but not that it is.
        part = TraceIdRatioBased(settings.ratio)
        sampler = ParentBased(root=part, remote_parent_sampled=part, remote_parent_not_sampled=ALWAYS_OFF)
        resource = Resource.create(
            {
                "service.name": settings.service,
                "service.version": version,
                "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
            }
        )
        self._provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("messenger", version)

    def traced(
        self,
        name: str,
        function: Callable[P, Coroutine[Any, Any, T]],
        details: Callable[..., SpanDetails],
        *,
        is_root: bool = False,
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        @wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._span(name, Context() if is_root else None) as span:
                try:
                    return await function(*args, **kwargs)
                finally:
                    if span.is_recording():
                        # An error here must not be one of the work, which may be committed.
                        call_isolated(lambda: _describe(span, details(*args, **kwargs)))

        return run

    def traced_block(
        self, name: str, open_block: Callable[[], AbstractAsyncContextManager[T]]
    ) -> Callable[[], AbstractAsyncContextManager[T]]:
        @asynccontextmanager
        async def open_traced() -> AsyncIterator[T]:
            if not get_current_span().is_recording():
                # Polls of background work would be most of all spans.
                async with open_block() as opened:
                    yield opened
                return
            with self._span(name):
                async with open_block() as opened:
                    yield opened

        return open_traced

    def remembering(self, kind: type[T]) -> type[T]:
        base: Any = kind

        class Remembering(base):  # type: ignore[misc]
            __slots__ = (_ORIGIN,)

            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.span_context = get_current_span().get_span_context()

        return Remembering

    async def aclose(self) -> None:
        """Sends the spans that are left, for up to `_TIMEOUT`."""
        closing = asyncio.ensure_future(asyncio.to_thread(self._provider.shutdown))
        await asyncio.wait([closing], timeout=_TIMEOUT)
        if not closing.done():
            # Ends its pauses between attempts.
            await asyncio.to_thread(self._exporter.shutdown)
            await closing

    @contextmanager
    def _span(self, name: str, context: Context | None = None, **options: Any) -> Iterator[Span]:
        """Runs the block in a span. Of an exception only the class is recorded: its text may contain anything."""
        span = self._tracer.start_span(name, context, **options)
        with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                if isinstance(error, Exception):
                    span.set_status(StatusCode.ERROR)
                raise

    def serve(self, headers: dict[str, str], method: str) -> AbstractContextManager[Span]:
        """Opens the span of a request, in the trace that the headers name."""
        context = _PROPAGATOR.extract(headers)
        attributes = {"http.request.method": method, "request.id": request_id.get()}
        return self._span(method, context, kind=SpanKind.SERVER, attributes=attributes)


class TracingMiddleware:
    """ASGI middleware with a span for each HTTP request. It has the template of the route, and no path and no query."""

    def __init__(self, app: ASGIApp, *, tracing: OpenTelemetry, template_of: Callable[[Scope], str]) -> None:
        self.app = app
        self._tracing = tracing
        self._template_of = template_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in _CONTEXT_HEADERS
        }
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracing.serve(headers, scope["method"]) as span:
            try:
                await self.app(scope, receive, note_status)
            finally:
                route = self._template_of(scope)
                span.update_name(f"{scope['method']} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                if status >= 500:
                    span.set_status(StatusCode.ERROR)


def _describe(span: Span, details: SpanDetails) -> None:
    if details.name is not None:
        span.update_name(details.name)
    span.set_attributes(dict(details.attributes))
    origins = (getattr(cause, _ORIGIN, INVALID_SPAN_CONTEXT) for cause in details.causes)
    for origin in list({origin.span_id: origin for origin in origins if origin.is_valid}.values())[:_CAUSES]:
        span.add_link(origin)
    if details.failed:
        span.set_status(StatusCode.ERROR)
