"""The quiet hours of an account, by the clock of its time zone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.modules.notifications_module.services.quiet_hours import is_quiet, quiet_until


def settings(begin: str, end: str, time_zone: str | None = None) -> dict[str, Any]:
    return {"quiet_hours": {"from": begin, "to": end}, "time_zone": time_zone}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("chosen", "moment", "until"),
    [
        (settings("13:00", "14:30"), "2026-07-01 12:59:59", None),
        (settings("13:00", "14:30"), "2026-07-01 13:00", "2026-07-01 14:30"),
        (settings("13:00", "14:30"), "2026-07-01 14:29:59", "2026-07-01 14:30"),
        (settings("13:00", "14:30"), "2026-07-01 14:30", None),
        # Over midnight.
        (settings("22:00", "07:00"), "2026-07-01 21:59", None),
        (settings("22:00", "07:00"), "2026-07-01 23:00", "2026-07-02 07:00"),
        (settings("22:00", "07:00"), "2026-07-02 00:00", "2026-07-02 07:00"),
        (settings("22:00", "07:00"), "2026-07-02 07:00", None),
        (settings("22:00", "00:00"), "2026-07-01 23:59", "2026-07-02 00:00"),
        (settings("00:00", "06:00"), "2026-07-01 23:59", None),
        # The clock of the time zone, in winter and in summer.
        (settings("22:00", "07:00", "Europe/Moscow"), "2026-07-01 19:30", "2026-07-02 04:00"),
        (settings("22:00", "07:00", "Europe/Berlin"), "2026-01-01 20:30", None),
        (settings("22:00", "07:00", "Europe/Berlin"), "2026-07-01 20:30", "2026-07-02 05:00"),
        # The night has 7 hours when summer time begins there, and 9 when it ends.
        (settings("23:00", "07:00", "Europe/Berlin"), "2026-03-28 22:00", "2026-03-29 05:00"),
        (settings("23:00", "07:00", "Europe/Berlin"), "2026-10-24 21:00", "2026-10-25 06:00"),
        # The clock shows 02:15 twice, and both are quiet.
        (settings("02:00", "02:30", "Europe/Berlin"), "2026-10-25 00:15", "2026-10-25 00:30"),
        (settings("02:00", "02:30", "Europe/Berlin"), "2026-10-25 01:15", "2026-10-25 01:30"),
        (settings("22:00", "07:00", "Mars/Olympus"), "2026-07-01 23:00", "2026-07-02 07:00"),
        ({"quiet_hours": None, "time_zone": None}, "2026-07-01 23:00", None),
    ],
)
def test_quiet_hours_end_by_the_clock_of_the_account(chosen: dict[str, Any], moment: str, until: str | None) -> None:
    assert quiet_until(chosen, at(moment)) == (at(until) if until else None)
    assert is_quiet(chosen, at(moment)) is (until is not None)
