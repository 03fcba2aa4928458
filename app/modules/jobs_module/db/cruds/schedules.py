"""Due times of periodic jobs, in hand-written SQL by the database's clock."""

from collections.abc import Collection, Mapping

from app.adapters.db.connection import Connection

_REGISTER = """
INSERT INTO job_schedule (name, next_at)
SELECT s.name, statement_timestamp() FROM unnest($1::text[]) AS s(name) ORDER BY s.name
ON CONFLICT (name) DO NOTHING
"""
# A shortened period does not wait for the end of the longer one.
_SHORTEN = """
UPDATE job_schedule s SET next_at = statement_timestamp() + make_interval(secs => p.period)
FROM unnest($1::text[], $2::float8[]) AS p(name, period)
WHERE s.name = p.name AND s.next_at > statement_timestamp() + make_interval(secs => p.period)
"""
_IS_DUE = """
SELECT EXISTS (SELECT FROM job_schedule WHERE name = ANY($1::text[]) AND next_at <= statement_timestamp())
"""
_TAKE = """
UPDATE job_schedule s
SET next_at = s.next_at + make_interval(secs => due.period * (1 + floor(
    extract(epoch FROM statement_timestamp() - s.next_at)::float8 / due.period)))
FROM (
    SELECT j.name, p.period FROM job_schedule j JOIN unnest($1::text[], $2::float8[]) AS p(name, period) USING (name)
    WHERE j.next_at <= statement_timestamp() FOR UPDATE OF j SKIP LOCKED
) due
WHERE s.name = due.name
RETURNING s.name
"""


async def register(connection: Connection, periods: Mapping[str, float]) -> None:
    """Adds new schedules, which are due at once. `periods` maps a job's name to seconds."""
    await connection.execute(_REGISTER, list(periods))
    await connection.execute(_SHORTEN, list(periods), list(periods.values()))


async def is_one_due(connection: Connection, names: Collection[str]) -> bool:
    """Returns True if `take_due` would find a schedule, unless another process takes it first."""
    return bool(await connection.fetchval(_IS_DUE, list(names)))


async def take_due(connection: Connection, periods: Mapping[str, float]) -> list[str]:
    """Moves due schedules to their next period in the future. Returns their names."""
    rows = await connection.fetch(_TAKE, list(periods), list(periods.values()))
    return [row["name"] for row in rows]
