"""API keys: creating, listing and revoking them, and recognizing them in requests."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from operator import attrgetter
from uuid import UUID, uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import InvalidToken
from app.modules.accounts_module.extension import AccountHook, BearerKind, Identity, list_absent
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.base_module.schemas import Moment, Page
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.modules.jobs_module.extension import Job, JobContext, Nothing, Schedule
from app.modules.keys_module import db
from app.modules.keys_module.errors import KeyNotFound, TooManyKeys
from app.modules.keys_module.schemas import KeyCreate, KeyCreated, KeyRead
from app.modules.keys_module.settings import API_KEY
from app.modules.streams_module.services.log import Log, NewEvent, event, now
from app.services.context import Context, WorkContext
from app.services.errors import ValidationFailed
from app.services.http_requests import BearerScheme
from app.settings.auth_settings import AuthSettings
from app.utils.secrets import hash_of, new_secret

PREFIX = "mbk_"
MAX_KEYS = 50
"""Maximum number of valid keys of an account."""
_KEY = re.compile(rf"{PREFIX}([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})_([A-Za-z0-9_-]{{43}})")


@dataclass(frozen=True, slots=True)
class KeyIdentity(Identity):
    """A program that calls with a key. `session_id` is the id of the key. Each key has a rate limit of its own."""

    rate_key = property(attrgetter("session_id.int"))


async def create_key(work: UnitOfWork, log: Log, actor_id: UUID, account_id: UUID, request: KeyCreate) -> KeyCreated:
    """Creates a key of the account, which is the actor's own or its bot. Raises TooManyKeys or ValidationFailed.

    The actor's stream must be locked: so concurrent requests count one after the other. The event is written into it.
    """
    at = now()
    if request.expires_at is not None and request.expires_at <= at:
        raise ValidationFailed(("body", "expires_at"), "must be in the future")
    raw = await work.raw()
    if await db.count_keys(raw, account_id, at) >= MAX_KEYS:
        raise TooManyKeys(f"An account has at most {MAX_KEYS} keys")
    key_id, secret = uuid4(), new_secret()
    row = await db.insert_key(
        raw, key_id, account_id, actor_id, request.name, request.scopes, hash_of(secret), at, request.expires_at
    )
    created = {"key_id": str(key_id), "account_id": str(account_id), "name": request.name, "scopes": request.scopes}
    await log.append(work, actor_id, event("security.key_created", created), at=at)
    return KeyCreated(**dict(row), key=f"{PREFIX}{key_id}_{secret}")


async def list_keys(work: UnitOfWork, account_id: UUID, cursor: str | None, limit: int) -> Page[KeyRead]:
    """Returns the keys that are not revoked, the newest first."""
    before = decode_cursor(cursor, tuple[Moment, UUID], of="keys") if cursor else None
    rows = await db.list_keys(await work.raw(), account_id, before, limit + 1)
    items = [KeyRead(**dict(row)) for row in rows[:limit]]
    next_cursor = encode_cursor(items[-1].created_at, items[-1].id, of="keys") if len(rows) > limit else None
    return Page(items=items, next_cursor=next_cursor)


async def revoke_key(
    work: UnitOfWork, log: Log, revocations: Revocations, actor_id: UUID, account_id: UUID, key_id: UUID
) -> None:
    """Revokes a key, and closes its connections. Raises KeyNotFound. The actor's stream must be locked."""
    at = now()
    name = await db.revoke(await work.raw(), account_id, key_id, at)
    if name is None:
        raise KeyNotFound
    await log.append(work, actor_id, _revoked(key_id, account_id, name), at=at)
    work.after_commit(lambda: revocations.announce([key_id], at))


async def _identify(context: Context, token: str) -> tuple[Identity, datetime | None]:
    found = _KEY.fullmatch(token)
    if found is None:
        raise InvalidToken
    key_id, secret = UUID(found[1]), found[2]
    row = await db.find_key(context.connection, key_id, context.at)
    if row is None or not compare_digest(row["secret_hash"], hash_of(secret)):
        raise InvalidToken
    # They may have left while this module was off, and its keys did not end.
    if await list_absent(context, {row["account_id"], row["owner_id"]}):
        raise InvalidToken
    await db.note_use(context.connection, key_id, context.at)
    return KeyIdentity(row["account_id"], key_id, frozenset(row["scopes"]), API_KEY), row["expires_at"]


async def _revoke_all(context: WorkContext, account_id: UUID, before: datetime | None) -> list[UUID]:
    """Writes an event for each key that the account has created. The keys of a bot that is deleted have none."""
    revoked = await db.revoke_all(context.connection, account_id, context.at, before)
    events = [_revoked(row["id"], row["account_id"], row["name"]) for row in revoked if row["owner_id"] == account_id]
    if events:
        await context.container.get(Log).append(context.work, account_id, *events, at=context.at)
    return [row["id"] for row in revoked]


def _revoked(key_id: UUID, account_id: UUID, name: str) -> NewEvent:
    return event("security.key_revoked", {"key_id": str(key_id), "account_id": str(account_id), "name": name})


KEYS = BearerKind("api key", PREFIX, _identify, db.LIST_REVOKED, db.LIST_LIVE, db.LIST_LIVE_OF, _revoke_all)
SCHEME = BearerScheme(
    "ApiKey",
    "An API key, `mbk_...`: a token of an account for programs, limited to scopes. A scope includes the answers of its "
    "calls: a reaction and a forward return the message, a change of a chat returns it with its last message.",
)
ERASE_KEYS = AccountHook.of_rows("keys", db.DELETE_OF_ACCOUNT)


async def _delete_old(context: JobContext, _: Nothing) -> None:
    """Deletes keys AUTH_SESSION_RETENTION_DAYS after their end, as sessions."""
    retention = context.container.get(AuthSettings).session_retention
    for statement in db.DELETE_OLD:
        await context.delete_in_chunks(statement, context.at - retention)


CLEANUP = Job("keys.delete_old", Nothing, _delete_old)
CLEANUP_SCHEDULE = Schedule(CLEANUP, timedelta(hours=1))
