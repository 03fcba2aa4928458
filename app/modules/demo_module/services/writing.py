"""Writing demo data by COPY. Ten thousand messages take about a second."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from app.adapters.db.connection import Connection
from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.accounts_module.db.models import Account
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.chats_module.db.models import AccountChat, Chat, ChatMember
from app.modules.demo_module.services.conversations import Row, Tables, make_conversations
from app.modules.demo_module.services.people import Person, make_people
from app.modules.messages_module.db.models import Message, Reaction
from app.modules.messages_module.services.fields import MessageFields
from app.modules.streams_module.db.models import Event, Stream
from app.modules.streams_module.services.log import now
from app.utils.names import search_grams, search_text

_ROWS_AT_ONCE = 2_000
_DAYS = 21
"""Days that the history covers: less than the retention of events, unless that was shortened."""

_COLUMNS: dict[Any, tuple[str, ...]] = {
    Account: (
        *("id", "email", "username", "display_name", "bio", "password_hash", "created_at"),
        *("updated_at", "is_admin", "email_key", "search_text", "search_grams"),
    ),
    Stream: ("id", "last_seq"),
    Event: ("stream_id", "seq", "kind", "data", "at"),
    Chat: (
        *("id", "type", "title", "description", "owner_id", "created_by", "member_count", "last_seq", "active_at"),
        *("furthest_read_seq", "furthest_reader_id", "runner_up_read_seq", "created_at", "updated_at"),
    ),
    ChatMember: ("chat_id", "account_id", "role", "read_seq", "joined_event_seq", "joined_at"),
    AccountChat: ("account_id", "chat_id", "joined_seq"),
    Message: (
        *("id", "chat_id", "seq", "client_msg_id", "sender_id", "type", "text", "reply_to_seq", "digest"),
        *("created_at", "reaction_count", "event_seqs"),
    ),
    Reaction: ("chat_id", "seq", "emoji", "account_id", "created_at"),
}


async def seed(
    database: Database,
    passwords: Passwords,
    fields: MessageFields,
    *,
    people: int,
    messages: int,
    password: str,
    chance: int | None,
    on_progress: Callable[[int, int], None],
) -> Sequence[Person]:
    """Writes demo accounts, chats and messages in one transaction, and returns the accounts. They share one password.

    The same `chance` generates the same data. `on_progress(done, total)` is called with numbers of rows.
    """
    random = Random(chance)  # noqa: S311 - nothing here is a secret
    password_hash = await passwords.hash(password)
    moment = now()
    async with open_unit_of_work(database) as work:
        raw = await work.raw()
        taken = {row["username"] for row in await raw.fetch("SELECT username FROM account")}
        crowd = make_people(random, people, taken, moment)
        tables = make_conversations(random, crowd, messages, moment, _DAYS, fields)
        accounts = [_account(person, password_hash) for person in crowd]
        await _copy(raw, accounts, tables, on_progress)
    return crowd


def _account(person: Person, password_hash: str) -> Row:
    email = f"{person.username}@demo.example"
    at = person.created_at
    text = search_text(person.username, person.display_name)
    shown = (person.id, email, person.username, person.display_name, person.bio, password_hash, at, at, False)
    return (*shown, email, text, search_grams(text))


async def _copy(
    raw: Connection, accounts: Sequence[Row], tables: Tables, on_progress: Callable[[int, int], None]
) -> None:
    rows: dict[Any, Sequence[Row]] = {
        Account: accounts,
        Stream: list(tables.heads.items()),
        Chat: tables.chats,
        ChatMember: tables.members,
        AccountChat: tables.account_chats,
        Message: tables.messages,
        Reaction: tables.reactions,
        Event: tables.events,
    }
    done, total = 0, sum(map(len, rows.values()))
    for model, records in rows.items():
        for first in range(0, len(records), _ROWS_AT_ONCE):
            part = records[first : first + _ROWS_AT_ONCE]
            await raw.copy_records_to_table(model.__tablename__, records=part, columns=_COLUMNS[model])
            done += len(part)
            on_progress(done, total)
