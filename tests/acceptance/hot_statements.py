"""The statements that run for each send, request, pass of a subscriber or claim of jobs, by the functions that run them
in the server. The tests fill the tables: they use the same ids of chats and accounts."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

from app.modules.accounts_module.db.cruds import accounts, profiles, sessions
from app.modules.accounts_module.db.models import AuthSession
from app.modules.attachments_module.db.cruds import attachments, uploads
from app.modules.blocks_module import db as blocks
from app.modules.chat_settings_module import db as chat_settings
from app.modules.chats_module.db.cruds import access, reading, streams, views
from app.modules.drafts_module import db as drafts
from app.modules.entities_module import db as entities
from app.modules.jobs_module.db.cruds import bulk, leases, queue, schedules
from app.modules.keys_module import db as keys
from app.modules.messages_module.db.cruds import changes, history, insert, reactions, send
from app.modules.messages_module.services.fields import MessageFields
from app.modules.messages_module.services.known_tails import MAY_SEND
from app.modules.pins_module import db as pins
from app.modules.previews_module import db as previews
from app.modules.push_module.db.cruds import planning, sending
from app.modules.search_module.db.cruds import index, search
from app.modules.sockets_module.db.cruds import presence
from app.modules.streams_module.db.cruds import append, read, subscribers, sweep
from app.modules.threads_module.db.cruds import positions, replies
from app.modules.versions_module import db as versions
from tests.acceptance.prepared import Instead

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class _Finding(Instead):
    """Goes on as if each statement had found the same row."""

    def __init__(self, on: Any, row: dict[str, Any]) -> None:
        super().__init__(on)
        self._row = row

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        await self._connection.fetch(query, *arguments)
        return [self._row]


def numbered(kind: str, number: int) -> UUID:
    """Returns the id of the chat or person with this number, which is `md5('chat1')::uuid` in SQL."""
    return UUID(bytes=md5(f"{kind}{number}".encode(), usedforsecurity=False).digest())


LONG_CHAT, ANNA = numbered("chat", 1), numbered("person", 2)
LIKED = 5_000
"""The number of a message of the long chat that has thousands of reactions."""
_MIDDLE, _NEXT = 10_000, 2**40
"""The number of a message of the long chat that is far from its first and its last one, and one that is free."""
INSERT_AS_KNOWN = "send, insert as known"
"""Inserts into the last three chats, if each has one message and Anna is in it."""
_ID = uuid4()
_LATER = datetime(9999, 1, 1, tzinfo=UTC), LONG_CHAT, 2**62
_SESSION = AuthSession(
    id=_ID, account_id=ANNA, generation=1, user_agent="", address="", created_at=NOW, last_used_at=NOW, expires_at=NOW
)
_FIELDS = MessageFields()
_MESSAGES = history.MessageQueries(_FIELDS.read_sql, _FIELDS.event_sql, _FIELDS.page_sql, _FIELDS.page_numbers)
_CHATS = views.ChatQueries({"unread_mention_count": (entities.UNREAD_MENTIONS, 0)})
_FIRST_STREAMS = UUID(int=0), UUID(int=2**128 // 500)

Run = Callable[[Any], Awaitable[object]]


def _new(chat: UUID, seq: int) -> insert.NewMessage:
    return insert.NewMessage(chat, seq, seq, str(uuid4()), uuid4(), ANNA, "Привет", None, b"", None, None, b"{}")


def hot_statements(many: int) -> dict[str, Run]:
    """Returns the statements by names, each for `many` chats, accounts or messages if it can be for several."""
    chats = [numbered("chat", number) for number in range(1, many + 1)]
    people = [numbered("person", number) for number in range(1, many + 1)]
    seqs = [*range(_MIDDLE, _MIDDLE + many)]
    new = {LONG_CHAT: [_new(LONG_CHAT, _NEXT + n) for n in range(many)]} | {c: [_new(c, _NEXT)] for c in chats[1:]}
    known = {chat: [_new(chat, 2)] for chat in chats[-3:]}
    held = [leases.Lease(person, person, _ID) for person in people]
    hits = [search.Hit(NOW, LONG_CHAT, seq, 1) for seq in seqs]
    return {
        "send, lock": lambda on: send.lock_chat_streams(on, chats, wait=True),
        "send, lock what is free": lambda on: send.lock_chat_streams(on, chats, wait=False),
        "send, look up": lambda on: send.find_senders_and_existing(
            on, [(chat, ANNA) for chat in chats], range(many), [uuid4() for _ in chats]
        ),
        "send, insert": lambda on: insert.insert_messages(on, new, NOW),
        INSERT_AS_KNOWN: lambda on: insert.insert_if_as_known(on, known, NOW, dict.fromkeys(known, "group"), MAY_SEND),
        "send, find stored messages": lambda on: send.list_stored(on, [*chain.from_iterable(new.values())]),
        "append": lambda on: append.append_events(
            on, [(chat, append.NewEvent("chat.updated", b"{}")) for chat in chats], NOW
        ),
        "lock streams": lambda on: append.lock_streams(on, chats),
        "move a read position": lambda on: reading.move_read(on, LONG_CHAT, ANNA, _MIDDLE),
        "read position": lambda on: reading.find_read(
            _Finding(on, {"read_seq": 1, "unread_count": 1}), LONG_CHAT, ANNA
        ),
        "reactions of a message": lambda on: reactions.list_reactions(on, LONG_CHAT, ANNA, LIKED),
        "liked message": lambda on: _MESSAGES.find_message(on, ANNA, LONG_CHAT, LIKED),
        "liked message in its events": lambda on: _MESSAGES.find_sent(on, LONG_CHAT, LIKED),
        "liked message, sent again": lambda on: _MESSAGES.find_sent(on, LONG_CHAT, LIKED, ANNA),
        "message to change": lambda on: changes.find_message(on, LONG_CHAT, _MIDDLE),
        "named members": lambda on: entities.find_named(on, [(c, f"person{n}") for n, c in enumerate(chats, 1)]),
        "add mentions": lambda on: entities.insert_mentions(on, [(LONG_CHAT, p, _NEXT) for p in people], NOW),
        "delete mentions": lambda on: entities.delete_mentions(on, [(LONG_CHAT, p, _MIDDLE) for p in people]),
        "roots of replies": lambda on: replies.find_roots(on, [(LONG_CHAT, seq) for seq in seqs]),
        "add replies": lambda on: replies.add_replies(
            on, [replies.Reply(LONG_CHAT, seq, _NEXT + seq, ANNA) for seq in seqs], NOW
        ),
        "remove replies": lambda on: replies.remove_replies(
            _Finding(on, {"root_seq": _MIDDLE, "sender_id": ANNA}), LONG_CHAT, seqs
        ),
        "drafts that quote": lambda on: drafts.list_quoting(on, LONG_CHAT, seqs),
        "hold attachments": lambda on: attachments.hold(on, people),
        "carry attachments": lambda on: attachments.carry(on, [(LONG_CHAT, _NEXT, 0, people[0], "image")]),
        "blocked direct chats": lambda on: blocks.list_blocked_chats(on, chats[1:]),
        "history before": lambda on: _MESSAGES.find_page(
            on, LONG_CHAT, ANNA, history.Side.BEFORE, _MIDDLE, 50, 1_000_000
        ),
        "history after": lambda on: _MESSAGES.find_page(
            on, LONG_CHAT, ANNA, history.Side.AFTER, _MIDDLE, 50, 1_000_000
        ),
        "history around": lambda on: _MESSAGES.find_page(
            on, LONG_CHAT, ANNA, history.Side.AROUND, _MIDDLE, 50, 1_000_000
        ),
        "history, the newest": lambda on: _MESSAGES.find_page(
            on, LONG_CHAT, ANNA, history.Side.BEFORE, 2**62, 50, 1_000_000
        ),
        "one message": lambda on: _MESSAGES.find_message(on, ANNA, LONG_CHAT, _MIDDLE),
        "last messages": lambda on: _MESSAGES.list_last(on, ANNA, chats),
        "found messages": lambda on: _MESSAGES.list_found(
            on, ANNA, [(LONG_CHAT, seq, None) for seq in seqs], 1_000_000, with_deleted=False
        ),
        "earlier texts": lambda on: versions.list_versions(on, LONG_CHAT, _MIDDLE, None, 1_000_000),
        "pins": lambda on: pins.list_pins(on, LONG_CHAT),
        "text of a preview": lambda on: previews.find_text(on, LONG_CHAT, _MIDDLE),
        "preview": lambda on: previews.find_preview(on, LONG_CHAT, _MIDDLE),
        "membership": lambda on: access.find_membership(on, LONG_CHAT, ANNA),
        "head for a member": lambda on: access.find_log_for_member(on, LONG_CHAT, ANNA),
        "departure": lambda on: access.find_departure(on, LONG_CHAT, ANNA),
        "last departure": lambda on: access.find_last_departure(on, LONG_CHAT),
        "chat": lambda on: _CHATS.find_chat(on, ANNA, [], LONG_CHAT),
        "chats": lambda on: _CHATS.list_chats(on, ANNA, [], None, 51),
        "chats, next page": lambda on: _CHATS.list_chats(on, ANNA, [], (datetime.now(UTC), LONG_CHAT), 51),
        "chosen chats": lambda on: _CHATS.list_chosen(on, ANNA, [], chats),
        "chosen chats with hidden members": lambda on: _CHATS.list_chosen(on, ANNA, people, chats),
        "settings of chats": lambda on: chat_settings.list_settings(on, ANNA, chats),
        "levels of notifications": lambda on: chat_settings.list_levels(on, LONG_CHAT, people, NOW),
        "whom messages mention": lambda on: entities.list_mentioned(on, LONG_CHAT, seqs),
        "push, messages": lambda on: planning.list_messages(on, LONG_CHAT, 2**62, NOW, 50),
        "push, notified": lambda on: sending.list_notified(on, [(chat, ANNA) for chat in chats]),
        "push, add": lambda on: planning.add_notifications(on, LONG_CHAT, dict.fromkeys(people, _MIDDLE), NOW),
        "push, take a device": lambda on: sending.take(on, ANNA, _ID, _ID, NOW, 60),
        "push, next": lambda on: sending.find_next(on, ANNA, _ID),
        "push, clear": lambda on: sending.clear_read(on, LONG_CHAT, ANNA),
        "streams of a socket": lambda on: streams.list_readable(on, ANNA),
        "streams that were left": lambda on: access.list_departures(on, ANNA, chats),
        "small chats of a socket": lambda on: streams.list_small(on, ANNA, 50, 300, 1_000),
        "mentions": lambda on: entities.list_mentions(on, ANNA, _LATER, 9, unread=False),
        "unread mentions": lambda on: entities.list_mentions(on, ANNA, _LATER, 9, unread=True),
        "followed threads": lambda on: positions.list_followed(on, ANNA, None, 51, only_unread=False),
        "read position in a thread": lambda on: positions.move_read(on, LONG_CHAT, _MIDDLE, ANNA, _NEXT),
        "visible attachments": lambda on: attachments.list_visible(on, people, ANNA),
        "attachments of a message": lambda on: attachments.list_of_message(on, LONG_CHAT, _MIDDLE),
        "attachments of a chat": lambda on: attachments.list_of_chat(on, LONG_CHAT, (2**62, 0), None, 9),
        "attachments of a kind": lambda on: attachments.list_of_chat(on, LONG_CHAT, (2**62, 0), "audio", 9),
        "upload": lambda on: uploads.find(on, people[0], ANNA),
        "used space, lock": lambda on: uploads.lock_usage(on, dict.fromkeys(people, ANNA)),
        "used space, reserve": lambda on: uploads.reserve(on, people[0], ANNA, 1, 2**40),
        "profile": lambda on: profiles.find_profile(on, ANNA),
        "sign-in, find": lambda on: accounts.find_credentials(on, "person2"),
        "sign-in, open a session": lambda on: sessions.open_session(on, _SESSION, 10),
        "revoked sessions": lambda on: on.fetch(sessions.LIST_REVOKED, NOW),
        "live sessions": lambda on: on.fetch(sessions.LIST_LIVE, people, NOW),
        "unchecked sessions": lambda on: on.fetch(sessions.LIST_UNCHECKED, people, NOW),
        "key": lambda on: keys.find_key(on, _ID, NOW),
        "presence": lambda on: presence.mark_online(on, people, timedelta(seconds=75)),
        "head": lambda on: read.find_head(on, LONG_CHAT),
        "heads": lambda on: read.list_heads(on, chats),
        "page of events": lambda on: read.find_page(on, LONG_CHAT, _MIDDLE, 50, ["chat.deleted"], 1_000_000),
        "events after a number": lambda on: read.list_events(on, LONG_CHAT, _MIDDLE, 50),
        "events after numbers": lambda on: read.list_after(on, dict.fromkeys(chats, 0), 25, 250_000),
        "truncate": lambda on: read.delete_oldest(on, LONG_CHAT, 1, 51),
        "cursors": lambda on: subscribers.read_cursors(on, chats, ["search"]),
        "claim cursors": lambda on: subscribers.claim(on, chats, "search"),
        "hold cursors": lambda on: subscribers.hold(on, chats, "search"),
        "move cursors": lambda on: subscribers.move(on, "search", dict.fromkeys(chats, _MIDDLE)),
        "skip events": lambda on: subscribers.write_skipped(on, [(chat, "search", 0, _MIDDLE) for chat in chats]),
        "kinds of events": lambda on: subscribers.read_kinds(on, dict.fromkeys(chats, 0), 25, ["://"]),
        "emptied streams": lambda on: subscribers.read_emptied(on, chats),
        "retries that are due": lambda on: subscribers.list_due_retries(on, ["search"], 10),
        "oldest event that waits": lambda on: subscribers.find_oldest_pending(on, chats, "search", ["message.created"]),
        "end of a slice": lambda on: sweep.find_end(on, UUID(int=0), 20),
        "streams that are behind": lambda on: sweep.list_behind(on, *_FIRST_STREAMS, ["search"]),
        "claim jobs": lambda on: leases.claim(on, {"default": many}, ["a job"], _ID),
        "next job": lambda on: leases.seconds_to_next(on, ["default"], ["a job"]),
        "move jobs to lanes": lambda on: leases.move_to_lanes(on, {"a job": "default"}, 50),
        "count jobs": lambda on: leases.count(on, 50),
        "renew leases": lambda on: leases.renew(on, held),
        "hold a lease": lambda on: leases.hold(on, held[0]),
        "complete jobs": lambda on: leases.complete(on, held),
        "put a job back": lambda on: leases.put_back(on, held[0], counts=True, after=1.0),
        "turn of a job": lambda on: queue.turn(on, ANNA, "a job"),
        "add a job": lambda on: queue.add(
            on, queue.NewRow(ANNA, _ID, "its key", "{}", None), name="a job", lane="default", at=NOW
        ),
        "add jobs": lambda on: bulk.add_or_hold(
            on,
            [queue.NewRow(person, uuid4(), "its key", "{}", None) for person in people],
            name="a job",
            lane="default",
            takes_turns=False,
            at=NOW,
        ),
        "hold waiting jobs": lambda on: bulk.hold_waiting(
            on, [queue.NewRow(person, uuid4(), "its key", "{}", None) for person in people], "a job"
        ),
        "cancel a job": lambda on: queue.cancel(on, ANNA, "a job", "its key"),
        "due schedules": lambda on: schedules.take_due(on, {"a job": 60.0}),
        "index, stale messages": lambda on: index.list_stale(
            on, index.INDEX, [(LONG_CHAT, _MIDDLE, _MIDDLE + many), *((chat, 1, 1) for chat in chats)]
        ),
        "index, remove": lambda on: index.remove(on, index.INDEX, [(LONG_CHAT, NOW, seq) for seq in seqs]),
        "index, purge": lambda on: index.purge_chat(on, LONG_CHAT, many),
        "searched chats": lambda on: search.list_chats(on, ANNA, None),
        "chats to catch up": lambda on: search.list_behind(on, chats, people),
        "names of chats": lambda on: search.list_names(on, ANNA, 1_000),
        "rank": lambda on: search.rank(on, hits, "'word'", None, 20),
    }
