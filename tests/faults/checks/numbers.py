"""Checks that sequence numbers have no holes and no repeats, counters agree, and each message has one event."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.faults.truth import Truth
from tests.faults.violations import Kind, Violation


def check_numbers(truth: Truth) -> Iterator[Violation]:
    for chat, last_seq in truth.last_seqs.items():
        seqs = [message.seq for message in truth.messages.get(chat, ())]
        yield from _compare(f"messages of {chat}", seqs, 1, last_seq)
    for stream, (first_seq, last_seq) in truth.heads.items():
        seqs = [event.seq for event in truth.events.get(stream, ())]
        yield from _compare(f"events of {stream}", seqs, first_seq, last_seq)
    for where in (truth.messages.keys() - truth.last_seqs.keys()) | (truth.events.keys() - truth.heads.keys()):
        yield Violation(Kind.BROKEN, f"{where} has entries and no counter")
    for broken in truth.broken:
        yield Violation(Kind.BROKEN, broken)


def check_log(truth: Truth) -> Iterator[Violation]:
    """Checks that the log has one event for each message, in the order of their sequence numbers."""
    for chat, messages in truth.messages.items():
        logged = [event.subject for event in truth.events.get(chat, ()) if event.kind == "message.created"]
        if logged != [message.id for message in messages]:
            yield Violation(Kind.CHANGED, f"the log of {chat} does not contain its messages in their order")


def _compare(what: str, seqs: Sequence[int], first: int, last: int) -> Iterator[Violation]:
    times = Counter(seqs)
    if repeated := sorted(seq for seq, count in times.items() if count > 1):
        yield Violation(Kind.DOUBLED, f"{what}: {repeated[:5]} more than once")
    expected = range(first, last + 1)
    if missing := [seq for seq in expected if seq not in times]:
        yield Violation(Kind.HOLE, f"{what}: {missing[:5]} of {first} to {last} missing")
    if beyond := sorted(seq for seq in times if seq not in expected):
        yield Violation(Kind.BROKEN, f"{what}: {beyond[:5]} beyond {first} to {last}")
