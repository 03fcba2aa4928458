"""Checks that each message is stored once or not at all, in agreement with the responses its client received."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.checks.membership import Absence, Place, stays_in
from tests.faults.history import Answered, Requested
from tests.faults.truth import Message, Truth
from tests.faults.violations import Kind, Violation


@dataclass(slots=True)
class Send:
    """A message that a client sent, and all responses to it."""

    requested: Requested
    place: Place
    answers: list[Answered] = field(default_factory=list)
    unknown: int = 0
    refused: str = ""
    refused_at: Place = 0


def check_sends(
    sends: Sequence[Send], absences: Mapping[tuple[str, str], Sequence[Absence]], truth: Truth
) -> Iterator[Violation]:
    stored: dict[tuple[str, str, str | None], list[Message]] = defaultdict(list)
    for chat, messages in truth.messages.items():
        for message in messages:
            stored[chat, message.sender, message.client_msg_id].append(message)
    for send in sends:
        chat, account, client_msg_id = send.requested.chat, send.requested.account, send.requested.client_msg_id
        found = stored.pop((chat, account, client_msg_id), [])
        if len(found) > 1:
            yield Violation(
                Kind.DOUBLED, f"{client_msg_id} is stored as {[message.seq for message in found]} of {chat}"
            )
        if send.answers:
            yield from _check_answers(send, found)
        elif not send.refused:
            yield Violation(Kind.REFUSED, f"{client_msg_id} in {chat} was never settled")
        else:
            yield from _check_refusal(send, found, absences.get((chat, account), ()))
    for (chat, _, unrequested), messages in stored.items():
        yield Violation(
            Kind.CHANGED, f"no client has sent {unrequested}, {[message.seq for message in messages]} of {chat}"
        )


def _check_answers(send: Send, found: Sequence[Message]) -> Iterator[Violation]:
    reported = {(answer.id, answer.seq) for answer in send.answers}
    name = f"{send.requested.client_msg_id} in {send.requested.chat}"
    if len(reported) > 1:
        yield Violation(Kind.CHANGED, f"{name} was answered as {sorted(reported)}")
    if not found:
        yield Violation(Kind.LOST, f"{name} was acknowledged as {sorted(reported)} and is not stored")
    elif not {(message.id, message.seq) for message in found} & reported:
        yield Violation(Kind.CHANGED, f"{name} was acknowledged as {sorted(reported)} and is {found}")


def _check_refusal(send: Send, found: Sequence[Message], absences: Sequence[Absence]) -> Iterator[Violation]:
    name = f"{send.requested.client_msg_id} in {send.requested.chat}"
    if found and not send.unknown:
        yield Violation(Kind.CHANGED, f"{name} was refused ({send.refused}) and is stored")
    if not any(absence.removing < send.refused_at and absence.added > send.place for absence in absences):
        yield Violation(Kind.REFUSED, f"{name} was refused ({send.refused}), though its sender was a member")


def check_senders(truth: Truth) -> Iterator[Violation]:
    """Checks that the sender of each stored message was a member, in the order of the sequence numbers."""
    for chat, messages in truth.messages.items():
        events = truth.events.get(chat, [])
        stays = stays_in(events)
        sender_of = {message.id: message.sender for message in messages}
        for event in events:
            sender = sender_of.get(event.subject) if event.kind == "message.created" else None
            if sender is not None and not any(event.seq in stay for stay in stays.get(sender, ())):
                yield Violation(Kind.LEAK, f"{sender} was not in {chat} at {event.seq}, and has sent it")
