"""Demo chats with their messages, events, counters and read positions, as if the messages had been sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.modules.chats_module.services.chats import direct_chat_id
from app.modules.demo_module.services import words
from app.modules.demo_module.services.people import Person
from app.modules.messages_module.services.fields import MessageFields
from app.modules.messages_module.services.sends import digest_of
from app.utils.json_form import to_json

Row = tuple[Any, ...]


@dataclass(slots=True)
class Tables:
    """Rows by table. Their columns have the order of `writing._COLUMNS`."""

    fields: MessageFields
    streams: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    chats: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    account_chats: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    reactions: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Conversation:
    """A chat while its messages are being generated."""

    id: UUID
    type: str
    title: str | None
    description: str | None
    owner: Person | None
    members: Sequence[Person]
    began_at: datetime
    event_seq: int = 0
    seq: int = 0
    read: dict[UUID, int] = field(default_factory=dict)


def make_conversations(
    random: Random, people: Sequence[Person], messages: int, now: datetime, days: int, fields: MessageFields
) -> Tables:
    """Returns the rows of direct chats, groups and a channel.

    They have `messages` messages in total, in the last `days` days. Some chats have many more messages than others.
    """
    tables = Tables(fields)
    began_at = now - timedelta(days=days)
    conversations = [
        *_groups(random, people, began_at),
        _channel(random, people, began_at),
        *_directs(random, people, began_at),
    ]
    for conversation in conversations:
        _add_members(tables, conversation)
    shares = _share(random, messages, len(conversations))
    for conversation, count in zip(conversations, shares, strict=True):
        _add_messages(random, tables, conversation, count, now)
        _finish(random, tables, conversation, now)
    for person in people:
        tables.streams.append((person.id, person.last_seq))
    return tables


def _groups(random: Random, people: Sequence[Person], began_at: datetime) -> list[_Conversation]:
    conversations = []
    for title, description in words.GROUPS:
        members = random.sample(people, random.randint(min(3, len(people)), min(len(people), 20)))
        conversations.append(_Conversation(_id(random), "group", title, description, members[0], members, began_at))
    return conversations


def _channel(random: Random, people: Sequence[Person], began_at: datetime) -> _Conversation:
    return _Conversation(_id(random), "channel", *words.CHANNEL, people[0], people, began_at)


def _directs(random: Random, people: Sequence[Person], began_at: datetime) -> list[_Conversation]:
    pairs = {tuple(sorted(random.sample(range(len(people)), 2))) for _ in range(len(people) * 2)}
    conversations = []
    for first, second in sorted(pairs):
        members = (people[first], people[second])
        chat_id = direct_chat_id(members[0].id, members[1].id)
        conversations.append(_Conversation(chat_id, "direct", None, None, None, members, began_at))
    return conversations


def _share(random: Random, messages: int, conversations: int) -> list[int]:
    """Returns the number of messages of each conversation. A few conversations are long, most are short."""
    weights = [random.paretovariate(1.1) for _ in range(conversations)]
    shares = [int(messages * weight / sum(weights)) for weight in weights]
    shares[0] += messages - sum(shares)
    return shares


def _add_members(tables: Tables, conversation: _Conversation) -> None:
    actor = conversation.owner or conversation.members[0]
    for person in conversation.members:
        role = "owner" if person is conversation.owner else "member"
        added = {"chat_id": conversation.id, "account_id": person.id, "role": role, "actor_id": actor.id}
        conversation.event_seq += 1
        tables.events.append(
            (conversation.id, conversation.event_seq, "member.added", to_json(added).decode(), conversation.began_at)
        )
        joined = {"chat_id": conversation.id, "role": role, "event_seq": conversation.event_seq}
        _append_event(tables, person, "chat.joined", joined, conversation.began_at)
        conversation.read[person.id] = 0
        tables.account_chats.append((person.id, conversation.id, person.last_seq))


def _add_messages(random: Random, tables: Tables, conversation: _Conversation, count: int, now: datetime) -> None:
    speakers = (
        [conversation.owner] if conversation.type == "channel" and conversation.owner else list(conversation.members)
    )
    moments = sorted(random.uniform(60, (now - conversation.began_at).total_seconds()) for _ in range(count))
    speaker = random.choice(speakers)
    for moment in moments:
        if random.random() < 0.7:
            speaker = random.choice(speakers)
        conversation.seq += 1
        reply_to = (
            random.randint(max(1, conversation.seq - 6), conversation.seq - 1)
            if conversation.seq > 1 and random.random() < 0.15
            else None
        )
        text = random.choice(words.ANSWERS) if reply_to or random.random() < 0.35 else _sentence(random)
        at = conversation.began_at + timedelta(seconds=moment)
        _write(random, tables, conversation, speaker, text, reply_to, at)


def _write(
    random: Random,
    tables: Tables,
    conversation: _Conversation,
    speaker: Person,
    text: str,
    reply_to: int | None,
    at: datetime,
) -> None:
    conversation.event_seq += 1
    message_id, client_msg_id = _id(random), _id(random)
    shown = tables.fields.new_message(
        message_id, conversation.id, conversation.seq, client_msg_id, speaker.id, text, reply_to, {}, at
    )
    tables.events.append((conversation.id, conversation.event_seq, "message.created", to_json(shown).decode(), at))
    event_at = conversation.event_seq
    conversation.read[speaker.id] = conversation.seq
    likers = (
        random.sample(conversation.members, random.randint(1, min(3, len(conversation.members))))
        if random.random() < 0.1
        else []
    )
    counts: dict[str, int] = {}
    for liker in likers:
        emoji = random.choice(words.EMOJIS)
        counts[emoji] = counts.get(emoji, 0) + 1
        reacted = {
            "chat_id": conversation.id,
            "seq": conversation.seq,
            "emoji": emoji,
            "account_id": liker.id,
            "count": counts[emoji],
        }
        conversation.event_seq += 1
        tables.events.append((conversation.id, conversation.event_seq, "reaction.added", to_json(reacted).decode(), at))
        tables.reactions.append((conversation.id, conversation.seq, emoji, liker.id, at))
    tables.messages.append(
        (
            *(conversation.id, conversation.seq, message_id, client_msg_id, speaker.id, "text", text, reply_to),
            *(digest_of(text, reply_to), at, len(likers), [event_at]),
        )
    )


def _finish(random: Random, tables: Tables, conversation: _Conversation, now: datetime) -> None:
    """Adds the read positions of the members, the chat, and the head of its stream."""
    for person in conversation.members:
        own = conversation.read[person.id]
        seq = random.choice((conversation.seq, conversation.seq, random.randint(own, conversation.seq)))
        if seq > own:
            conversation.read[person.id] = seq
            _append_event(tables, person, "read.moved", {"chat_id": conversation.id, "read_seq": seq}, now)
    furthest = sorted(((seq, person_id) for person_id, seq in conversation.read.items() if seq), reverse=True)
    first_seq, first_id = furthest[0] if furthest else (0, None)
    for place, person in enumerate(conversation.members, start=1):
        role = "owner" if person is conversation.owner else "member"
        tables.members.append(
            (conversation.id, person.id, role, conversation.read[person.id], place, conversation.began_at)
        )
    last_at = tables.messages[-1][9] if conversation.seq else conversation.began_at
    owner_id = conversation.owner.id if conversation.owner else None
    tables.chats.append(
        (
            *(
                conversation.id,
                conversation.type,
                conversation.title,
                conversation.description,
                owner_id,
                (conversation.owner or conversation.members[0]).id,
            ),
            *(
                len(conversation.members),
                conversation.seq,
                last_at,
                first_seq,
                first_id,
                furthest[1][0] if len(furthest) > 1 else 0,
            ),
            *(conversation.began_at, conversation.began_at),
        )
    )
    tables.streams.append((conversation.id, conversation.event_seq))


def _append_event(tables: Tables, person: Person, kind: str, data: dict[str, Any], at: datetime) -> None:
    person.last_seq += 1
    tables.events.append((person.id, person.last_seq, kind, to_json(data).decode(), at))


def _sentence(random: Random) -> str:
    opening, body = random.choice(words.OPENINGS), random.choice(words.BODIES)
    if not opening:
        return body[:1].upper() + body[1:]
    return f"{opening} {body if opening.endswith((',', ':')) else body[:1].upper() + body[1:]}"


def _id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
