"""The bus over core NATS, on one connection per process. Nothing is stored in NATS: the event log is the truth.

nats-py's own reconnection is not used. It would buffer messages, and hide that others were lost. `RemoteBus` connects
again, as it does to PostgreSQL.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from random import SystemRandom
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import SecureConnWantedError, StaleConnectionError

from app.adapters.clients.bus.remote import MAX_PAYLOAD, BusConnection, RemoteBus
from app.utils.background import wait_at_most
from app.utils.isolation import call_isolated
from app.utils.tracing import NO_TRACING, Tracing

_STEP_TIMEOUT = 2
_CONNECT_TIMEOUT = 4.0
"""Seconds for one step of connecting to a server, and for all of them."""
_ANSWER_TIMEOUT = 5.0
_CLOSE_TIMEOUT = 1.0
_UNANSWERED = 64
"""Payloads that are sent before the server has to answer. They fit into the client's buffer: it never has to wait."""
_UNREAD = 16 * 1024 * 1024
"""Bytes received and not yet delivered. Beyond them messages are lost, so the connection is replaced."""

Receive = Callable[[str], object]


class NatsBus(RemoteBus):
    """A bus through one of several NATS servers, which form a cluster."""

    def __init__(self, servers: Sequence[str], subject: str, tracing: Tracing = NO_TRACING) -> None:
        super().__init__(tracing)
        self._servers = servers
        self._subject = subject

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[BusConnection]:
        """Connects to any of the servers. Raises ConnectionError with the reasons if that is not possible."""
        failures = []
        async with AsyncExitStack() as stack:
            for server in SystemRandom().sample(self._servers, len(self._servers)):
                try:
                    connection = await stack.enter_async_context(
                        connection_to(server, self._subject, self._receive, self._lose)
                    )
                except Exception as error:  # noqa: BLE001 - whatever it is, the next server is tried
                    failures.append(f"{host_of(server)}: {error!r}")
                    continue
                connection.on_round_trip = self._note_round_trip
                yield connection
                return
        raise ConnectionError("; ".join(failures))


class NatsConnection:
    """A connection to one NATS server, until it is lost."""

    def __init__(self, subject: str, on_lost: Callable[[Exception], None]) -> None:
        self._subject = subject
        self._on_lost = on_lost
        self._client = _Client()
        self._is_open = False
        self._lost: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._subscription: Subscription | None = None
        self._ping: asyncio.Task[float] | None = None
        self._is_disconnected = asyncio.Event()
        self.on_round_trip: Callable[[float], None] = lambda seconds: None

    async def send(self, payloads: Sequence[str]) -> None:
        for first in range(0, len(payloads), _UNANSWERED):
            for payload in payloads[first : first + _UNANSWERED]:
                await self._client.publish(self._subject, payload.encode())
            await self.test(_ANSWER_TIMEOUT)

    async def test(self, seconds: float) -> None:
        # In a task, since the answer to a ping that was cancelled would end the client's reading. `close` ends it.
        self._ping = asyncio.create_task(self._client.rtt(2**30))
        # Its error may come after the end of the connection, when it says nothing new.
        self._ping.add_done_callback(lambda ping: ping.cancelled() or ping.exception())
        ends: set[asyncio.Future[Any]] = {self._ping, self._lost}
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._lost.done():
            raise self._lost.result()
        if not self._ping.done():
            raise TimeoutError(f"no answer within {seconds} s")
        self.on_round_trip(self._ping.result())

    async def open(self, server: str, receive: Receive) -> None:
        """Connects, and subscribes to the subject. Messages that are sent after this returns are received."""

        async def on_message(message: Msg) -> None:
            # A message of another program, or of another version, must not stop the next one.
            call_isolated(receive, message.data.decode(errors="replace"))

        async def on_error(error: Exception) -> None:
            if not self._is_open:
                # Otherwise the client would try the same server again and again.
                raise error
            if not isinstance(error, OSError | StaleConnectionError):
                self._lose(error)
            # Else the client closes the connection now, and then calls the next function.

        async def on_disconnected() -> None:
            self._is_disconnected.set()
            self._lose(ConnectionError(f"{host_of(server)} ended the connection"))
            if self._client.is_reconnecting:
                # Until `close` ends the client's attempt.
                await asyncio.get_running_loop().create_future()

        url = urlsplit(server)
        self._client.requires_tls = url.scheme == "tls"
        has_password = url.password is not None
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            await self._client.connect(
                [f"{url.scheme}://{host_of(server)}"],
                error_cb=on_error,
                disconnected_cb=on_disconnected,
                name="messenger",
                no_echo=True,
                connect_timeout=_STEP_TIMEOUT,
                user=self._client.over_tls(url.username) if has_password else None,
                password=self._client.over_tls(url.password),
                token=None if has_password else self._client.over_tls(url.username),
            )
        self._client.check_tls()
        if self._client.max_payload < MAX_PAYLOAD:
            raise ValueError(f"max_payload of the server is {self._client.max_payload}, the bus needs {MAX_PAYLOAD}")
        self._is_open = True
        self._subscription = await self._client.subscribe(self._subject, cb=on_message, pending_bytes_limit=_UNREAD)
        await self.test(_ANSWER_TIMEOUT)

    async def close(self) -> None:
        """Closes the connection. It may be lost already, or not open yet."""
        if not self._lost.done():
            self._lost.set_result(ConnectionError("closed"))
        # In a task, since the client may cancel what it waits for itself.
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(self._close())]
        await asyncio.wait(tasks, timeout=2 * _CLOSE_TIMEOUT)
        tasks += [self._ping] if self._ping else []
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_CLOSE_TIMEOUT)

    async def _close(self) -> None:
        """Closes the socket first: with a broken connection the client's own `close` would not come to that."""
        with suppress(Exception):
            if self._subscription is not None:
                await self._subscription.unsubscribe()
        with suppress(Exception):
            await self._client.force_reconnect()
            if self._client.is_reconnecting:
                async with asyncio.timeout(_CLOSE_TIMEOUT):
                    await self._is_disconnected.wait()
        with suppress(Exception):
            await self._client.close()

    def _lose(self, error: Exception) -> None:
        if not self._lost.done():
            self._lost.set_result(error)
            self._on_lost(error)


class _Client(Client):
    """Sends no password and keeps no connection without TLS if the address is `tls://`.

    nats-py itself lets the server, or who answers in its place, decide whether TLS is used.
    """

    requires_tls = False
    _has_tls = False

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """The context for the handshake. nats-py reads it when it begins one."""
        self._has_tls = True
        return super().ssl_context

    def check_tls(self) -> None:
        if self.requires_tls and not self._has_tls:
            raise SecureConnWantedError

    def over_tls(self, secret: str | None) -> Callable[[], str] | None:
        """Returns the credential in the form that nats-py calls when it signs in."""
        if secret is None:
            return None

        def give() -> str:
            self.check_tls()
            return unquote(secret)

        return give


@asynccontextmanager
async def connection_to(
    server: str, subject: str, receive: Receive, on_lost: Callable[[Exception], None]
) -> AsyncIterator[NatsConnection]:
    """Opens a connection to one server for the time of the block. `on_lost` is called at most once, with the reason."""
    connection = NatsConnection(subject, on_lost)
    try:
        await connection.open(server, receive)
        yield connection
    finally:
        await connection.close()


def host_of(server: str) -> str:
    """Returns host and port of the address, without credentials."""
    return urlsplit(server).netloc.rpartition("@")[2]


async def find_problems(servers: Sequence[str], subject: str, seconds: float) -> list[str]:
    """Sends a message from the first server, and returns a line for each server that it does not arrive at."""
    message = f"{uuid4().hex[:12]}?"
    arrived = {server: asyncio.Event() for server in servers}
    wrong = []
    async with AsyncExitStack() as stack:

        async def connect(server: str, receive: Receive) -> NatsConnection | None:
            try:
                return await stack.enter_async_context(connection_to(server, subject, receive, lambda error: None))
            except Exception as error:  # noqa: BLE001 - any error is a finding
                wrong.append(f"{host_of(server)}: {error!r}")
                return None

        def receiver_of(server: str) -> Receive:
            return lambda payload: arrived[server].set() if payload == message else None

        listening = [server for server in servers if await connect(server, receiver_of(server))]
        if listening and (sender := await connect(listening[0], lambda payload: None)):
            await sender.send([message])
            for server in listening:
                await wait_at_most(seconds, arrived[server].wait())
    return wrong + [
        f"{host_of(server)}: a message from {host_of(listening[0])} does not arrive"
        for server in listening
        if not arrived[server].is_set()
    ]
