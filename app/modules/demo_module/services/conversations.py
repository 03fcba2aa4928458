"""Demo chats with their messages, events, counters and read positions, as if the messages had been sent."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import orjson

from app.modules.chats_module.services.chats import direct_chat_id
from app.modules.demo_module.services import words
from app.modules.demo_module.services.people import Person, random_id
from app.modules.messages_module.services.fields import MessageFields
from app.modules.messages_module.services.sends import digest_of
from app.utils.json_form import to_json

Row = tuple[Any, ...]


@dataclass(slots=True)
class Tables:
    """Rows by table. Their columns have the order of `writing._COLUMNS`. `heads`: the last event of each stream."""

    fields: MessageFields
    heads: dict[UUID, int] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    chats: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    account_chats: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    reactions: list[Row] = field(default_factory=list)

    def append_event(self, stream_id: UUID, kind: str, data: Mapping[str, Any] | orjson.Fragment, at: datetime) -> int:
        """Returns the number of the event in its stream."""
        seq = self.heads[stream_id] = self.heads.get(stream_id, 0) + 1
        self.events.append((stream_id, seq, kind, to_json(data).decode(), at))
        return seq


@dataclass(slots=True)
class _Conversation:
    """A chat while its messages are being generated. `seq`: the last message, `read`: the positions of the members."""

    id: UUID
    type: str
    title: str | None
    description: str | None
    owner: Person | None
    members: Sequence[Person]
    began_at: datetime
    seq: int = 0
    active_at: datetime | None = None
    read: dict[UUID, int] = field(default_factory=dict)

    @property
    def creator(self) -> Person:
        return self.owner or self.members[0]

    def role_of(self, person: Person) -> str:
        return "owner" if person is self.owner else "member"


def make_conversations(
    random: Random, people: Sequence[Person], messages: int, now: datetime, days: int, fields: MessageFields
) -> Tables:
    """Returns the rows of direct chats, groups and a channel.

    They have `messages` messages in total, in the last `days` days. Some chats have many more messages than others.
    """
    tables = Tables(fields, dict.fromkeys((person.id for person in people), 0))
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
        _add_reads(random, tables, conversation, now)
        _add_chat(tables, conversation)
    return tables


def _groups(random: Random, people: Sequence[Person], began_at: datetime) -> list[_Conversation]:
    conversations = []
    for title, description in words.GROUPS:
        members = random.sample(people, random.randint(min(3, len(people)), min(len(people), 20)))
        conversations.append(
            _Conversation(random_id(random), "group", title, description, members[0], members, began_at)
        )
    return conversations


def _channel(random: Random, people: Sequence[Person], began_at: datetime) -> _Conversation:
    return _Conversation(random_id(random), "channel", *words.CHANNEL, people[0], people, began_at)


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
    chat_id, at = conversation.id, conversation.began_at
    for person in conversation.members:
        role = conversation.role_of(person)
        added = {"chat_id": chat_id, "account_id": person.id, "role": role, "actor_id": conversation.creator.id}
        event_seq = tables.append_event(chat_id, "member.added", added, at)
        joined = {"chat_id": chat_id, "role": role, "event_seq": event_seq}
        tables.account_chats.append((person.id, chat_id, tables.append_event(person.id, "chat.joined", joined, at)))
        conversation.read[person.id] = 0


def _add_messages(random: Random, tables: Tables, conversation: _Conversation, count: int, now: datetime) -> None:
    speakers = [conversation.creator] if conversation.type == "channel" else conversation.members
    moments = sorted(random.uniform(60, (now - conversation.began_at).total_seconds()) for _ in range(count))
    speaker = random.choice(speakers)
    for moment in moments:
        if random.random() < 0.7:
            speaker = random.choice(speakers)
        conversation.seq += 1
        reply_to = _choose_answered(random, conversation.seq)
        text = random.choice(words.ANSWERS) if reply_to or random.random() < 0.35 else _sentence(random)
        conversation.active_at = conversation.began_at + timedelta(seconds=moment)
        _add_message(random, tables, conversation, speaker, text, reply_to, conversation.active_at)


def _choose_answered(random: Random, seq: int) -> int | None:
    """Returns the number of a message not long before this one. None for most messages, which answer no other."""
    return random.randint(max(1, seq - 6), seq - 1) if seq > 1 and random.random() < 0.15 else None


def _add_message(
    random: Random,
    tables: Tables,
    conversation: _Conversation,
    speaker: Person,
    text: str,
    reply_to: int | None,
    at: datetime,
) -> None:
    ids = (random_id(random), conversation.id, conversation.seq, random_id(random), speaker.id)
    shown = tables.fields.new_message(*ids, text, reply_to, {}, at)
    event_seq = tables.append_event(conversation.id, "message.created", orjson.Fragment(shown), at)
    conversation.read[speaker.id] = conversation.seq
    reaction_count = _add_reactions(random, tables, conversation, at)
    content = ("text", text, reply_to, digest_of(text, reply_to))
    tables.messages.append((*ids, *content, at, reaction_count, [event_seq]))


def _add_reactions(random: Random, tables: Tables, conversation: _Conversation, at: datetime) -> int:
    """Adds reactions to the last message, or none. Returns their number."""
    if random.random() >= 0.1:
        return 0
    likers = random.sample(conversation.members, random.randint(1, min(3, len(conversation.members))))
    counts: Counter[str] = Counter()
    chat_id, seq = conversation.id, conversation.seq
    for liker in likers:
        emoji = random.choice(words.EMOJIS)
        counts[emoji] += 1
        reacted = {"chat_id": chat_id, "seq": seq, "emoji": emoji, "account_id": liker.id, "count": counts[emoji]}
        tables.append_event(chat_id, "reaction.added", reacted, at)
        tables.reactions.append((chat_id, seq, emoji, liker.id, at))
    return len(likers)


def _add_reads(random: Random, tables: Tables, conversation: _Conversation, now: datetime) -> None:
    """Lets most members read to the end, and the others somewhere after their own last message."""
    for person in conversation.members:
        own = conversation.read[person.id]
        seq = random.choice((conversation.seq, conversation.seq, random.randint(own, conversation.seq)))
        if seq > own:
            conversation.read[person.id] = seq
            tables.append_event(person.id, "read.moved", {"chat_id": conversation.id, "read_seq": seq}, now)


def _add_chat(tables: Tables, conversation: _Conversation) -> None:
    """Adds the chat and its members, whose joins were the first events."""
    began_at = conversation.began_at
    for event_seq, person in enumerate(conversation.members, start=1):
        read_seq = conversation.read[person.id]
        tables.members.append((conversation.id, person.id, conversation.role_of(person), read_seq, event_seq, began_at))
    positions = sorted(((seq, person_id) for person_id, seq in conversation.read.items() if seq), reverse=True)
    (furthest, reader_id), (runner_up, _) = [*positions, (0, None), (0, None)][:2]
    owner_id = conversation.owner.id if conversation.owner else None
    about = (conversation.id, conversation.type, conversation.title, conversation.description)
    counts = (len(conversation.members), conversation.seq, conversation.active_at or began_at)
    tables.chats.append(
        (*about, owner_id, conversation.creator.id, *counts, furthest, reader_id, runner_up, began_at, began_at)
    )


def _sentence(random: Random) -> str:
    opening, body = random.choice(words.OPENINGS), random.choice(words.BODIES)
    if not opening:
        return body[:1].upper() + body[1:]
    return f"{opening} {body if opening.endswith((',', ':')) else body[:1].upper() + body[1:]}"
