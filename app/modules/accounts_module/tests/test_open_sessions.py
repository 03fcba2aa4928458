"""Connections end with their session, however the process learns that the session has ended."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.adapters.clients.bus import MemoryBus
from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.errors import TransientDatabaseError
from app.modules.accounts_module.errors import InvalidToken, SessionsUnknown
from app.modules.accounts_module.services import revocations as revocations_module
from app.modules.accounts_module.services.authenticator import Authenticator
from app.modules.accounts_module.services.revocations import Revocations
from app.settings.auth_settings import AuthSettings
from tests.fakers import FakeClient, ok
from tests.servers import ReusedServer


@pytest.fixture
def revocations(running_server: ReusedServer, monkeypatch: pytest.MonkeyPatch) -> Revocations:
    """The revocations of a process that polls only when the test calls `refresh`. No gap is made by a slow machine."""
    monkeypatch.setattr(revocations_module, "_VALID_FOR", 3600.0)
    return Revocations(running_server.container.get(Database), MemoryBus(), timedelta(seconds=5))


@pytest.fixture
def connection(running_server: ReusedServer) -> Connection:
    return running_server.connection


@pytest.fixture
async def session_id(anna: FakeClient) -> UUID:
    return UUID(ok(await anna.get("/accounts/sessions"))["items"][0]["id"])


class EndedSessions(list[UUID]):
    """The ids of the watched sessions whose connections have ended."""

    def __init__(self, revocations: Revocations, *session_ids: UUID) -> None:
        super().__init__()
        for session_id in session_ids:
            revocations.open_sessions.watch(session_id, lambda session_id=session_id: self.append(session_id))  # type: ignore[misc]


async def test_a_session_revoked_at_the_start_of_a_long_gap_ends(
    revocations: Revocations, session_id: UUID, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await revocations.refresh()
    ends = EndedSessions(revocations, session_id)
    await revocations.refresh()
    # Longer ago than the lifetime of an access token.
    await connection.execute("UPDATE auth_session SET revoked_at = now() - interval '1 hour'")
    await revocations.refresh()
    assert ends == []
    monkeypatch.setattr(revocations, "_known_until", 0.0)
    await revocations.refresh()
    assert ends == [session_id]


@pytest.mark.parametrize("is_read_at_once", [True, False])
async def test_a_bus_outage_counts_as_a_gap_until_the_database_answers(
    running_server: ReusedServer,
    session_id: UUID,
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    is_read_at_once: bool,
) -> None:
    bus = MemoryBus()
    revocations = Revocations(running_server.container.get(Database), bus, timedelta(seconds=5))
    ends = EndedSessions(revocations, session_id)
    await revocations.refresh()
    await connection.execute("DELETE FROM auth_session")
    bus._report_reconnect()
    if not is_read_at_once:
        with monkeypatch.context() as failing:
            failing.setattr(revocations, "_list_revoked", "?")
            with pytest.raises(asyncpg.PostgresSyntaxError):
                await revocations.refresh()
    await revocations.refresh()
    assert ends == [session_id]


async def test_a_connection_ends_when_its_session_expires_and_not_before(
    revocations: Revocations, session_id: UUID, connection: Connection
) -> None:
    ends = EndedSessions(revocations, session_id)
    await connection.execute("UPDATE auth_session SET expires_at = now() + interval '30 seconds'")
    await revocations.refresh()
    # The session was refreshed meanwhile.
    await connection.execute("UPDATE auth_session SET expires_at = now() + interval '1 hour'")
    # As if the 30 seconds had passed.
    revocations.open_sessions._sessions[session_id].check_at -= 30.0
    await revocations.refresh()
    assert ends == []
    # As if the hour had passed.
    await connection.execute("UPDATE auth_session SET expires_at = now()")
    revocations.open_sessions._sessions[session_id].check_at = 0.0
    await revocations.refresh()
    assert ends == [session_id]
    assert session_id in revocations


async def test_all_connections_of_a_session_end_and_those_of_other_sessions_stay(
    revocations: Revocations, session_id: UUID, boris: FakeClient
) -> None:
    other = UUID(ok(await boris.get("/accounts/sessions"))["items"][0]["id"])
    ends = EndedSessions(revocations, session_id, session_id, other)
    stopped = revocations.open_sessions.watch(session_id, lambda: pytest.fail("it is closed already"))
    stopped.stop()
    stopped.stop()
    with (
        revocations.open_sessions.watching(session_id) as is_live,
        revocations.open_sessions.watching(other) as other_is_live,
    ):
        assert is_live()
        revocations.add([session_id, uuid4()])
        assert ends == [session_id] * 2
        assert not is_live()
        assert other_is_live()
        await revocations.refresh()
        assert other_is_live()
    assert ends == [session_id] * 2


async def test_a_connection_made_after_the_end_of_its_session_ends_at_the_next_refresh(
    revocations: Revocations, session_id: UUID, connection: Connection
) -> None:
    await connection.execute("UPDATE auth_session SET revoked_at = now() - interval '1 hour'")
    await revocations.refresh()
    ends = EndedSessions(revocations, session_id)
    await revocations.refresh()
    assert ends == [session_id]


async def test_connections_of_a_session_with_an_origin_end_unless_it_is_refreshed_and_the_session_stays(
    revocations: Revocations, session_id: UUID, boris: FakeClient, connection: Connection
) -> None:
    other = UUID(ok(await boris.get("/accounts/sessions"))["items"][0]["id"])
    ends = EndedSessions(revocations, session_id, other)
    await connection.execute("UPDATE auth_session SET last_used_at = now() - interval '1 hour' WHERE id = $1", other)
    await connection.execute("UPDATE auth_session SET origin = 'oidc:' || id WHERE id = $1", session_id)
    await revocations.refresh()
    assert ends == []
    # Longer ago than the lifetime of an access token.
    await connection.execute("UPDATE auth_session SET last_used_at = now() - interval '70 seconds'")
    revocations.open_sessions._sessions[session_id].check_at = 0.0
    await revocations.refresh()
    assert ends == [session_id]
    assert session_id not in revocations


async def test_an_error_of_one_connection_does_not_keep_the_others_open(
    revocations: Revocations, session_id: UUID
) -> None:
    def fail() -> None:
        raise RuntimeError("this one is broken")

    revocations.open_sessions.watch(session_id, fail)
    ends = EndedSessions(revocations, session_id)
    revocations.open_sessions.watch(session_id, fail)
    revocations.add([session_id])
    assert ends == [session_id]


async def test_after_a_gap_the_first_request_waits_for_a_refresh(
    anna: FakeClient, revocations: Revocations, connection: Connection, running_server: ReusedServer
) -> None:
    authenticator = Authenticator(AuthSettings(), running_server.container.get(Database), revocations)
    await asyncio.gather(*(authenticator.identify(anna.access_token) for _ in range(5)))
    await connection.execute("UPDATE auth_session SET revoked_at = now()")
    # The result of the last poll is still valid. What another process has ended comes with the next poll.
    await authenticator.identify(anna.access_token)
    revocations._known_until = 0.0
    for outcome in await asyncio.gather(
        *(authenticator.identify(anna.access_token) for _ in range(5)), return_exceptions=True
    ):
        assert isinstance(outcome, InvalidToken)


async def test_requests_are_refused_while_revocations_are_unknown(
    anna: FakeClient, running_server: ReusedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Database(running_server.database.with_database("nowhere")).connected() as nowhere:
        revocations = Revocations(nowhere, MemoryBus(), timedelta(seconds=5))
        with pytest.raises(TransientDatabaseError):
            await revocations.catch_up()
        assert not revocations.are_known
    there = Revocations(running_server.container.get(Database), MemoryBus(), timedelta(seconds=5))
    monkeypatch.setattr(revocations_module, "_VALID_FOR", 0.0)
    with pytest.raises(SessionsUnknown):
        await there.catch_up()


async def test_a_clock_set_back_does_not_hide_revocations(
    revocations: Revocations, session_id: UUID, connection: Connection
) -> None:
    await revocations.refresh()
    assert revocations._seen_until is not None
    revocations._seen_until += timedelta(hours=6)
    await connection.execute("UPDATE auth_session SET revoked_at = now()")
    await revocations.refresh()
    assert session_id in revocations


async def test_an_ended_session_is_known_for_as_long_as_its_tokens_are_valid_and_not_longer(
    running_server: ReusedServer, session_id: UUID, connection: Connection
) -> None:
    revocations = Revocations(running_server.container.get(Database), MemoryBus(), timedelta(minutes=15))
    await connection.execute("UPDATE auth_session SET revoked_at = now() - interval '10 minutes'")
    for _ in range(2):
        await revocations.refresh()
        assert session_id in revocations
    # As if ten more minutes had passed.
    revocations._revoked[session_id] -= timedelta(minutes=10)
    await revocations.refresh()
    assert session_id not in revocations
