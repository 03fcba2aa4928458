"""The checker finds each mistake of subscribers and jobs, and nothing in a correct run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.background import Attempt, Background, Noted
from tests.faults.battery_module.module import SUBSCRIBERS
from tests.faults.checks.background import JOBS, Lag, Period, check_background, check_lags, measure
from tests.faults.truth import Event, Truth
from tests.faults.violations import Kind

CHAT, BEGAN = "chat", datetime(2026, 11, 28, 12, tzinfo=UTC)
LOG = [Event(1, "member.added", "anna"), *[Event(seq, "message.created", f"m{seq}") for seq in range(2, 8)]]


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def truth() -> Truth:
    """A chat with six messages. The fifth event has a job."""
    return Truth(events={CHAT: list(LOG)})


def noted(seq: int, lag: float = 0.1) -> Noted:
    return Noted(CHAT, seq, at(seq), at(seq + lag))


def background() -> Background:
    """A correct run: each event once and in order."""
    return Background(
        noted={
            subscriber.name: [noted(event.seq) for event in LOG if subscriber.wants[event.kind]]
            for subscriber in SUBSCRIBERS
        },
        attempts=[Attempt(CHAT, 5, at(10), at(10.2))],
        reminders=[(CHAT, 5)],
    )


def test_a_correct_run_has_no_violation() -> None:
    assert list(check_background(background(), truth())) == []


def lose_an_event(those: Background) -> None:
    del those.noted["battery.all"][3]


def handle_nothing(those: Background) -> None:
    del those.noted["battery.failing"]


def handle_twice(those: Background) -> None:
    those.noted["battery.messages"].append(noted(7))


def handle_in_another_order(those: Background) -> None:
    those.noted["battery.messages"].reverse()


def handle_unsubscribed_kinds(those: Background) -> None:
    those.noted["battery.messages"].insert(0, noted(1))


def run_no_job(those: Background) -> None:
    those.attempts.clear()


def lose_the_effect(those: Background) -> None:
    those.reminders.clear()


def repeat_the_effect(those: Background) -> None:
    those.reminders *= 2


def run_a_job_without_event(those: Background) -> None:
    those.attempts.append(Attempt(CHAT, 6, at(10), at(10)))


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lose_an_event, Kind.LOST),
        (handle_nothing, Kind.LOST),
        (handle_twice, Kind.DOUBLED),
        (handle_in_another_order, Kind.MISORDERED),
        (handle_unsubscribed_kinds, Kind.CHANGED),
        (run_no_job, Kind.LOST),
        (lose_the_effect, Kind.LOST),
        (repeat_the_effect, Kind.DOUBLED),
        (run_a_job_without_event, Kind.CHANGED),
    ],
)
def test_each_mistake_is_found(spoil: Callable[[Background], None], kind: Kind) -> None:
    those = background()
    spoil(those)
    assert {violation.kind for violation in check_background(those, truth())} == {kind}


def test_a_job_may_run_twice() -> None:
    those = background()
    those.attempts *= 2
    assert list(check_background(those, truth())) == []


def test_lags_are_grouped_by_the_fault_at_that_time() -> None:
    """With fewer than 100 values no p99 is reported. What another fault delays says nothing about kills."""
    kill = Period(at(1_000).timestamp(), at(2_000).timestamp(), is_kill=True)
    other = Period(at(2_000).timestamp(), at(3_000).timestamp(), is_kill=False)
    usual = [*[noted(seq, 0.5) for seq in range(900)], *[noted(seq, 4) for seq in range(1_001, 1_901)]]
    those = Background(
        # The last one is of a server whose clock is an hour behind.
        noted={"one": [*usual, noted(1_901, 3_600.5)]},
        attempts=[Attempt(CHAT, seq, at(1_990), at(2_050)) for seq in range(500)],
    )
    assert measure(those, [kill, other]) == [Lag("one", 1_800, 0.5, 4.0, 4.0), Lag(JOBS, 500, None, None, 60.0)]
    assert measure(Background(noted={"one": [noted(1)]}), [])[0] == Lag("one", 1, None, None, 0.1)


@pytest.mark.parametrize(
    ("lag", "expected"),
    [
        (Lag("one", 200, 1.9, 9.9, 30.0), 0),
        (Lag("one", 200, 2.1, None, 2.1), 1),
        (Lag("one", 200, None, 10.1, 11.0), 1),
        # After the lease of those that the killed process had claimed.
        (Lag(JOBS, 200, None, 19.9, 30.0), 0),
        (Lag(JOBS, 200, None, 20.1, 30.0), 1),
    ],
)
def test_late_work_is_found(lag: Lag, expected: int) -> None:
    assert len(list(check_lags([lag], is_short=False))) == expected
    assert list(check_lags([lag], is_short=True)) == []
