"""Periodic jobs delete rows whose time is over."""

from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.services import housekeeping as accounts
from app.modules.jobs_module import extension as jobs
from app.modules.jobs_module.extension import Job
from app.modules.oidc_module.services import identities
from app.modules.passkeys_module.services import passkeys
from app.modules.previews_module.services import fetching as previews
from app.modules.recovery_module.services import housekeeping as recovery
from app.modules.second_factor_module.services import contributions as second_factor
from app.utils.container import Container
from tests.periodic_jobs import run_once

_KEY = "uuid_send(gen_random_uuid())"
_EACH = "FROM account, generate_series(1, $2) AS n"
# The rows of a table: $2 of them. $1 is their time, which is in the column.
_ROWS: dict[str, tuple[Job, str, str]] = {
    "link_preview_page": (previews.FORGET, "fetched_at", f"(url_hash, fetched_at) SELECT {_KEY}, $1 {_EACH}"),
    "oidc_code": (
        identities.CLEANUP,
        "expires_at",
        "(code_hash, challenge, provider, issuer, subject, is_verified, sealed, expires_at)"
        f" SELECT {_KEY}, '', '', '', '', true, '', $1 {_EACH}",
    ),
    "oidc_flow": (
        identities.CLEANUP,
        "expires_at",
        "(state_hash, browser_hash, provider, nonce, verifier, redirect, challenge, expires_at)"
        f" SELECT {_KEY}, '', '', '', '', '', '', $1 {_EACH}",
    ),
    "passkey_challenge": (passkeys.CLEANUP, "expires_at", f"(challenge, expires_at) SELECT {_KEY}, $1 {_EACH}"),
    "pending_sign_up": (
        recovery.CLEANUP,
        "expires_at",
        "(id, email, email_key, username, display_name, password_hash, created_at, updated_at, expires_at)"
        f" SELECT gen_random_uuid(), '', '', '', '', '', $1, $1, $1 {_EACH}",
    ),
    "recovery_token": (
        recovery.CLEANUP,
        "expires_at",
        f"(token_hash, account_id, purpose, email, created_at, expires_at) SELECT {_KEY}, id, '', '', $1, $1 {_EACH}",
    ),
    "username_hold": (
        accounts.CLEANUP,
        "held_until",
        f"(username, account_id, held_until) SELECT gen_random_uuid()::text, id, $1 {_EACH}",
    ),
    "wrong_codes": (
        second_factor.CLEANUP,
        "day",
        f"(account_id, day, count) SELECT id, $1::timestamptz::date - n, 1 {_EACH}",
    ),
}


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("table", _ROWS)
async def test_rows_are_deleted_when_their_time_is_over(
    table: str, container: Container, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement deletes two of them here."""
    monkeypatch.setattr(jobs, "_ROWS_AT_ONCE", 2)
    job, column, values = _ROWS[table]
    now = datetime.now(UTC)
    over, valid = now - timedelta(days=90), now + timedelta(hours=1)
    for count, at in ((5, over), (1, valid)):
        await connection.execute(f"INSERT INTO {table} {values}", at, count)
    await run_once(container, job)
    left = await connection.fetch(f"SELECT DISTINCT {column} <= $1::timestamptz FROM {table}", over)  # noqa: S608
    assert [is_over for (is_over,) in left] == [False]
