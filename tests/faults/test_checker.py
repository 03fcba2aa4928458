# Longer than 250 lines: a history, a truth, and one line for each way in which they can differ.
"""The checker finds each kind of violation, and nothing in a correct run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import check
from tests.faults.history import (
    ADDED,
    ADDING,
    REMOVED,
    REMOVING,
    RESTART,
    Answered,
    Applied,
    Closed,
    Finished,
    Gap,
    History,
    Mark,
    Moving,
    Record,
    Refused,
    Requested,
    Resumed,
    Unknown,
    read_history,
)
from tests.faults.truth import Event, Message, Truth
from tests.faults.violations import Kind

CHAT, OWN = "chat", "anna"
LOG = [
    Event(1, "member.added", "anna"),
    Event(2, "member.added", "boris"),
    Event(3, "message.created", "m1"),
    Event(4, "member.removed", "boris"),
    Event(5, "message.created", "m2"),
    Event(6, "member.added", "boris"),
    Event(7, "message.created", "m3"),
]


def truth() -> Truth:
    """Anna has a chat with Boris, who is removed after her first message and added again after the second."""
    return Truth(
        messages={
            CHAT: [Message(1, "m1", "c1", "anna"), Message(2, "m2", "c2", "anna"), Message(3, "m3", "c3", "boris")]
        },
        last_seqs={CHAT: 3},
        events={CHAT: list(LOG), "anna": [Event(1, "chat.joined", CHAT)], "boris": [Event(1, "chat.joined", CHAT)]},
        heads={CHAT: (1, 7), "anna": (1, 1), "boris": (1, 1)},
    )


def applied(device: str, *seqs: int) -> list[Record]:
    return [Applied(device, CHAT, *LOG[seq - 1]) for seq in seqs]


def history() -> list[Record]:
    """A correct run: one answer was lost, and Boris was offline when he was added again."""
    return [
        Resumed("anna", "anna", {"anna": 0}),
        Resumed("boris", "boris", {"boris": 0}),
        Applied("anna", "anna", 1, "chat.joined", CHAT),
        Applied("boris", "boris", 1, "chat.joined", CHAT),
        *applied("anna", 1, 2),
        *applied("boris", 2),
        Requested("anna", CHAT, "c1"),
        Unknown("c1", "cut"),
        *applied("anna", 3),
        Answered("c1", "m1", 1, True),
        *applied("boris", 3),
        Moving(CHAT, "boris", REMOVING),
        *applied("anna", 4),
        *applied("boris", 4),
        Moving(CHAT, "boris", REMOVED),
        Requested("boris", CHAT, "c0"),
        Refused("c0", "not_found"),
        Requested("anna", CHAT, "c2"),
        Answered("c2", "m2", 2, False),
        *applied("anna", 5),
        Moving(CHAT, "boris", ADDING),
        *applied("anna", 6),
        Moving(CHAT, "boris", ADDED),
        Requested("boris", CHAT, "c3"),
        Answered("c3", "m3", 3, False),
        *applied("anna", 7),
        Resumed("boris", "boris", {"boris": 1, CHAT: 4}),
        *applied("boris", 5, 6, 7),
        Finished("anna"),
        Finished("boris"),
    ]


def kinds(records: list[Record], expected: Truth) -> set[Kind]:
    return {violation.kind for violation in check(records, expected).violations}


def without(record: Record) -> list[Record]:
    records = history()
    records.remove(record)
    return records


def instead(record: Record, *others: Record) -> list[Record]:
    records = history()
    place = records.index(record)
    records[place : place + 1] = others
    return records


def test_a_correct_run_has_no_violation() -> None:
    verdict = check(history(), truth())
    assert verdict.violations == []
    assert verdict.counts.acknowledged == 3
    assert verdict.counts.unknown_settled == 1
    assert verdict.counts.delivered == 15
    assert verdict.counts.resumed == 3


def test_a_device_that_reconnects_after_its_removal_need_not_receive_the_removal() -> None:
    """It resumes with its own `member.added`."""
    came_back = Resumed("boris", "boris", {"boris": 1, CHAT: 4})
    records = [record for record in history() if record not in (came_back, *applied("boris", 4, 5))]
    assert kinds(records, truth()) == {Kind.HOLE}
    records.insert(records.index(Moving(CHAT, "boris", REMOVED)), came_back)
    assert kinds(records, truth()) == set()


def test_a_restarting_server_sends_clients_elsewhere_without_errors() -> None:
    restart: list[Record] = [Mark(1.0, RESTART), Closed("anna", 1012), Closed("boris", None)]
    assert kinds([*history(), *restart], truth()) == set()
    assert kinds([*history(), *restart, Closed("anna", 1011)], truth()) == {Kind.UNAVAILABLE}
    assert kinds([*history(), *restart, Mark(2.0, "it is over"), Closed("anna", 4401)], truth()) == set()


WRONG: list[tuple[str, Kind, Callable[[], list[Record]]]] = [
    ("a retry is answered as another message", Kind.CHANGED, lambda: [*history(), Answered("c1", "m9", 1, True)]),
    ("a retry is answered with another number", Kind.CHANGED, lambda: [*history(), Answered("c1", "m1", 2, True)]),
    (
        "another message is acknowledged",
        Kind.CHANGED,
        lambda: instead(Answered("c2", "m2", 2, False), Answered("c2", "m1", 1, False)),
    ),
    (
        "a message that no client sent is stored",
        Kind.CHANGED,
        lambda: [r for r in history() if r not in (Requested("anna", CHAT, "c2"), Answered("c2", "m2", 2, False))],
    ),
    (
        "a refused message is stored",
        Kind.CHANGED,
        lambda: instead(Answered("c3", "m3", 3, False), Refused("c3", "not_found")),
    ),
    (
        "an acknowledged message is lost",
        Kind.LOST,
        lambda: [*history(), Requested("anna", CHAT, "c4"), Answered("c4", "m4", 4, False)],
    ),
    (
        "what was acknowledged after all is lost",
        Kind.LOST,
        lambda: [*history(), Requested("anna", CHAT, "c4"), Unknown("c4", "503"), Answered("c4", "m4", 4, True)],
    ),
    (
        "a member is refused",
        Kind.REFUSED,
        lambda: [*history(), Requested("anna", CHAT, "c4"), Refused("c4", "conflict")],
    ),
    (
        "a message is never settled",
        Kind.REFUSED,
        lambda: [*history(), Requested("anna", CHAT, "c4"), Unknown("c4", "503")],
    ),
    ("an event does not come", Kind.HOLE, lambda: without(*applied("anna", 5))),
    ("the last event does not come", Kind.HOLE, lambda: without(*applied("anna", 7))),
    ("the first event does not come", Kind.HOLE, lambda: without(*applied("anna", 1))),
    (
        "an event of the own stream does not come",
        Kind.HOLE,
        lambda: without(Applied("anna", "anna", 1, "chat.joined", CHAT)),
    ),
    ("a message after the return of a member is not delivered", Kind.HOLE, lambda: without(*applied("boris", 7))),
    ("a gap is reported", Kind.HOLE, lambda: [*history(), Gap("anna", CHAT, 5, 7)]),
    ("an event comes twice", Kind.DOUBLED, lambda: [*history(), *applied("anna", 7)]),
    ("events come in another order", Kind.DOUBLED, lambda: instead(*applied("anna", 5), *applied("anna", 6, 5))),
    (
        "another event comes under a number",
        Kind.CHANGED,
        lambda: instead(*applied("anna", 5), Applied("anna", CHAT, 5, "message.created", "m9")),
    ),
    (
        "an event comes that the log does not have",
        Kind.CHANGED,
        lambda: [*history(), Applied("anna", CHAT, 8, "message.created", "m9")],
    ),
    ("a stranger gets an event", Kind.LEAK, lambda: [*history(), Resumed("clara", "clara", {}), *applied("clara", 7)]),
    (
        "a member gets events from before joining",
        Kind.LEAK,
        lambda: instead(*applied("boris", 2), *applied("boris", 1, 2)),
    ),
    (
        "a removed member gets an event of the absence",
        Kind.LEAK,
        lambda: instead(Moving(CHAT, "boris", ADDING), *applied("boris", 5), Moving(CHAT, "boris", ADDING)),
    ),
]


@pytest.mark.parametrize(("kind", "records"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_answers_to_clients_are_found(kind: Kind, records: Callable[[], list[Record]]) -> None:
    assert kind in kinds(records(), truth())


def truth_with(**changes: Any) -> Truth:
    changed = truth()
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


M1, M2, M3 = truth().messages[CHAT]
WRONG_STATES: list[tuple[str, Kind, Truth]] = [
    (
        "one client_msg_id is stored twice",
        Kind.DOUBLED,
        truth_with(messages={CHAT: [M1, M2._replace(client_msg_id="c1"), M3]}),
    ),
    ("a number of a message is missing", Kind.HOLE, truth_with(messages={CHAT: [M1, M3]})),
    ("the first message is missing", Kind.HOLE, truth_with(messages={CHAT: [M2, M3]})),
    ("a number of a message is given twice", Kind.DOUBLED, truth_with(messages={CHAT: [M1, M2, M2, M3]})),
    ("a chat counts more than it has", Kind.HOLE, truth_with(last_seqs={CHAT: 4})),
    ("a chat counts less than it has", Kind.BROKEN, truth_with(last_seqs={CHAT: 2})),
    (
        "a message without an event",
        Kind.CHANGED,
        truth_with(messages={CHAT: [M1, M2, M3, Message(4, "m4", "c4", "anna")]}, last_seqs={CHAT: 4}),
    ),
    (
        "messages in another order than their events",
        Kind.CHANGED,
        truth_with(messages={CHAT: [M1._replace(id="m2"), M2._replace(id="m1"), M3]}),
    ),
    ("an event is missing", Kind.HOLE, truth_with(events={**truth().events, CHAT: [*LOG[:4], *LOG[5:]]})),
    ("an event's number is given twice", Kind.DOUBLED, truth_with(events={**truth().events, CHAT: [*LOG, LOG[6]]})),
    ("a stream counts less than it has", Kind.BROKEN, truth_with(heads={**truth().heads, CHAT: (1, 6)})),
    ("a stream has no counter", Kind.BROKEN, truth_with(heads={"anna": (1, 1), "boris": (1, 1)})),
    ("an account without a stream", Kind.HOLE, truth_with(events={CHAT: LOG, "boris": truth().events["boris"]})),
    (
        "a removed member has sent a message",
        Kind.LEAK,
        truth_with(messages={CHAT: [M1, M2._replace(sender="boris"), M3]}),
    ),
    (
        "an invariant of a module does not hold",
        Kind.BROKEN,
        truth_with(broken=["member_count is the number of members"]),
    ),
]


@pytest.mark.parametrize(("kind", "wrong"), [case[1:] for case in WRONG_STATES], ids=[case[0] for case in WRONG_STATES])
def test_wrong_rows_in_the_database_are_found(kind: Kind, wrong: Truth) -> None:
    assert kind in kinds(history(), wrong)


def test_a_stored_run_can_be_checked_again(tmp_path: Path) -> None:
    written = History(tmp_path)
    for record in history():
        written.note(record)
    written.close()
    truth().save(tmp_path)
    assert list(read_history(tmp_path)) == history()
    assert Truth.load(tmp_path) == truth()
