"""Chats of a demo and what is said in them: numbers, events, counters and read positions, as sending leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.modules.chats_module.services.chats import direct_chat_id
from app.modules.demo_module.services import words
from app.modules.demo_module.services.people import Person
from app.modules.messages_module.services.sends import digest_of
from app.modules.streams_module.services.log import to_json

Row = tuple[Any, ...]


@dataclass(slots=True)
class Tables:
    """Rows by table, in the order of the columns that `writing` gives them."""

    streams: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    chats: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    account_chats: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    reactions: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Talk:
    """A chat while it goes on."""

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


def make_talks(random: Random, people: Sequence[Person], messages: int, now: datetime, days: int) -> Tables:
    """Direct chats, groups and a channel, some livelier than others; `messages` in all, in the last `days`."""
    tables = Tables()
    began_at = now - timedelta(days=days)
    talks = [
        *_groups(random, people, began_at),
        _channel(random, people, began_at),
        *_directs(random, people, began_at),
    ]
    for talk in talks:
        _admit(tables, talk)
    shares = _share(random, messages, len(talks))
    for talk, count in zip(talks, shares, strict=True):
        _speak(random, tables, talk, count, now)
        _finish(random, tables, talk, now)
    for person in people:
        tables.streams.append((person.id, person.last_seq))
    return tables


def _groups(random: Random, people: Sequence[Person], began_at: datetime) -> list[_Talk]:
    talks = []
    for title, description in words.GROUPS:
        members = random.sample(people, random.randint(min(3, len(people)), min(len(people), 20)))
        talks.append(_Talk(_id(random), "group", title, description, members[0], members, began_at))
    return talks


def _channel(random: Random, people: Sequence[Person], began_at: datetime) -> _Talk:
    return _Talk(_id(random), "channel", *words.CHANNEL, people[0], people, began_at)


def _directs(random: Random, people: Sequence[Person], began_at: datetime) -> list[_Talk]:
    pairs = {tuple(sorted(random.sample(range(len(people)), 2))) for _ in range(len(people) * 2)}
    talks = []
    for one, other in sorted(pairs):
        two = (people[one], people[other])
        chat_id = direct_chat_id(two[0].id, two[1].id)
        talks.append(_Talk(chat_id, "direct", None, None, None, two, began_at))
    return talks


def _share(random: Random, messages: int, talks: int) -> list[int]:
    """A few talks are long, most are short."""
    weights = [random.paretovariate(1.1) for _ in range(talks)]
    shares = [int(messages * weight / sum(weights)) for weight in weights]
    shares[0] += messages - sum(shares)
    return shares


def _admit(tables: Tables, talk: _Talk) -> None:
    actor = talk.owner or talk.members[0]
    for person in talk.members:
        role = "owner" if person is talk.owner else "member"
        added = {"chat_id": talk.id, "account_id": person.id, "role": role, "actor_id": actor.id}
        talk.event_seq += 1
        tables.events.append((talk.id, talk.event_seq, "member.added", to_json(added), talk.began_at))
        joined = {"chat_id": talk.id, "role": role, "event_seq": talk.event_seq}
        _tell(tables, person, "chat.joined", joined, talk.began_at)
        talk.read[person.id] = 0
        tables.account_chats.append((person.id, talk.id, person.last_seq))


def _speak(random: Random, tables: Tables, talk: _Talk, count: int, now: datetime) -> None:
    speakers = [talk.owner] if talk.type == "channel" and talk.owner else list(talk.members)
    moments = sorted(random.uniform(60, (now - talk.began_at).total_seconds()) for _ in range(count))
    speaker = random.choice(speakers)
    for moment in moments:
        if random.random() < 0.7:
            speaker = random.choice(speakers)
        talk.seq += 1
        reply_to = (
            random.randint(max(1, talk.seq - 6), talk.seq - 1) if talk.seq > 1 and random.random() < 0.15 else None
        )
        text = random.choice(words.ANSWERS) if reply_to or random.random() < 0.35 else _sentence(random)
        at = talk.began_at + timedelta(seconds=moment)
        _write(random, tables, talk, speaker, text, reply_to, at)


def _write(
    random: Random, tables: Tables, talk: _Talk, speaker: Person, text: str, reply_to: int | None, at: datetime
) -> None:
    talk.event_seq += 1
    message_id, client_msg_id = _id(random), _id(random)
    shown = {
        "id": message_id,
        "chat_id": talk.id,
        "seq": talk.seq,
        "client_msg_id": client_msg_id,
        "sender_id": speaker.id,
        "type": "text",
        "text": text,
        "reply_to_seq": reply_to,
        "created_at": at,
        "edited_at": None,
        "deleted_at": None,
        "reactions": [],
    }
    tables.events.append((talk.id, talk.event_seq, "message.created", to_json(shown), at))
    told_at = talk.event_seq
    talk.read[speaker.id] = talk.seq
    likers = random.sample(talk.members, random.randint(1, min(3, len(talk.members)))) if random.random() < 0.1 else []
    counts: dict[str, int] = {}
    for liker in likers:
        emoji = random.choice(words.EMOJIS)
        counts[emoji] = counts.get(emoji, 0) + 1
        reacted = {
            "chat_id": talk.id,
            "seq": talk.seq,
            "emoji": emoji,
            "account_id": liker.id,
            "count": counts[emoji],
        }
        talk.event_seq += 1
        tables.events.append((talk.id, talk.event_seq, "reaction.added", to_json(reacted), at))
        tables.reactions.append((talk.id, talk.seq, emoji, liker.id, at))
    tables.messages.append(
        (
            *(talk.id, talk.seq, message_id, client_msg_id, speaker.id, "text", text, reply_to),
            *(digest_of(text, reply_to), at, len(likers), [told_at]),
        )
    )


def _finish(random: Random, tables: Tables, talk: _Talk, now: datetime) -> None:
    """How far everyone has read, and the heads."""
    for person in talk.members:
        own = talk.read[person.id]
        seq = random.choice((talk.seq, talk.seq, random.randint(own, talk.seq)))
        if seq > own:
            talk.read[person.id] = seq
            _tell(tables, person, "read.moved", {"chat_id": talk.id, "read_seq": seq}, now)
    furthest = sorted(((seq, person_id) for person_id, seq in talk.read.items() if seq), reverse=True)
    first_seq, first_id = furthest[0] if furthest else (0, None)
    for place, person in enumerate(talk.members, start=1):
        role = "owner" if person is talk.owner else "member"
        tables.members.append((talk.id, person.id, role, talk.read[person.id], place, talk.began_at))
    last_at = tables.messages[-1][9] if talk.seq else talk.began_at
    owner_id = talk.owner.id if talk.owner else None
    tables.chats.append(
        (
            *(talk.id, talk.type, talk.title, talk.description, owner_id, (talk.owner or talk.members[0]).id),
            *(len(talk.members), talk.seq, last_at, first_seq, first_id, furthest[1][0] if len(furthest) > 1 else 0),
            *(talk.began_at, talk.began_at),
        )
    )
    tables.streams.append((talk.id, talk.event_seq))


def _tell(tables: Tables, person: Person, kind: str, data: dict[str, Any], at: datetime) -> None:
    person.last_seq += 1
    tables.events.append((person.id, person.last_seq, kind, to_json(data), at))


def _sentence(random: Random) -> str:
    opening, body = random.choice(words.OPENINGS), random.choice(words.BODIES)
    if not opening:
        return body[:1].upper() + body[1:]
    return f"{opening} {body if opening.endswith((',', ':')) else body[:1].upper() + body[1:]}"


def _id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
