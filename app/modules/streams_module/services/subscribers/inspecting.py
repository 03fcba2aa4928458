"""What `manage.py doctor` finds out about the lag of subscribers."""

from app.adapters.db.connection import Connection
from app.adapters.db.long_statements import LONG
from app.modules.streams_module.extension import Subscriber
from app.settings import Settings
from app.utils.invariants import Inspection
from app.utils.module import Modules
from app.utils.setup_modules import choose_modules, discover_modules

_BEHIND = """
SELECT oldest.stream_id,
    format('%s is %s events behind; the oldest is %s, of %s', n.name, n.events_behind, seq, at) AS detail
FROM subscriber n CROSS JOIN LATERAL (
    SELECT s.id AS stream_id, e.seq, e.at
    FROM stream s LEFT JOIN subscriber_cursor c ON c.stream_id = s.id AND c.subscriber = n.name
    CROSS JOIN LATERAL (
        SELECT seq, at FROM event WHERE stream_id = s.id AND seq > coalesce(c.seq, 0) ORDER BY seq LIMIT 1
    ) e
    WHERE s.last_seq > coalesce(c.seq, 0) ORDER BY e.at LIMIT 1
) oldest
WHERE n.behind_since < now() - interval '5 minutes' AND oldest.at < now() - interval '5 minutes'
  AND n.name <> ALL($1::text[])
ORDER BY n.name
"""


async def _find_behind(settings: Settings, connection: Connection) -> list[str]:
    known = discover_modules()
    enabled = Modules(choose_modules(known, settings.modules.enabled_modules))
    # Subscribers of modules that are switched off continue from their cursors when these are switched on again.
    switched_off = names_of(Modules(known.values())) - names_of(enabled)
    rows = await connection.fetch(_BEHIND, list(switched_off), timeout=LONG)
    return [f"{row['stream_id']}: {row['detail']}" for row in rows]


def names_of(modules: Modules) -> set[str]:
    """Returns the names of the subscribers of these modules."""
    return {subscriber.name for subscriber in modules.contributions(Subscriber)}


KEEPING_UP = Inspection(
    says="no subscriber is more than 5 minutes behind",
    find=_find_behind,
    advice="`python manage.py subscribers list` shows the lag; if it does not shrink, run more processes "
    "with API_BACKGROUND=true, or `python manage.py worker`; `forget` removes a subscriber that no module has",
)
