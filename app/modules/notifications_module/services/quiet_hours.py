"""The part of the day in which nothing is sent to an account."""

from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.modules.notifications_module.services.settings import AccountSettings


def is_quiet(settings: AccountSettings, at: datetime) -> bool:
    """Returns True if the account's clock shows a time within its quiet hours."""
    hours = settings["quiet_hours"]
    if hours is None:
        return False
    begin, end = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
    shown = at.astimezone(_zone(settings)).time()
    return begin <= shown < end if begin < end else shown >= begin or shown < end


def quiet_until(settings: AccountSettings, at: datetime) -> datetime | None:
    """Returns when the quiet hours end that contain this moment, in UTC. None if it is not quiet.

    An hour that the clock shows twice may be quiet twice: ask again at that time.
    """
    if not is_quiet(settings, at):
        return None
    zone = _zone(settings)
    shown, end = at.astimezone(zone), time.fromisoformat(settings["quiet_hours"]["to"])
    day = shown.date() + timedelta(days=shown.time() >= end)
    until = datetime.combine(day, end, zone).astimezone(at.tzinfo)
    # The clock shows this time once more.
    return until if until > at else datetime.combine(day, end.replace(fold=1), zone).astimezone(at.tzinfo)


def _zone(settings: AccountSettings) -> tzinfo:
    try:
        return ZoneInfo(settings["time_zone"] or "UTC")
    except ZoneInfoNotFoundError:
        # This machine may not have all that another one had.
        return ZoneInfo("UTC")
