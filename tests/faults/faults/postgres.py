"""PostgreSQL crashes, or is suspended."""

import asyncio
import signal

from tests.faults.fault import DatabaseIs, Fault, Scene


class PostgresKilled(Fault):
    name = "postgres-killed"
    title = "SIGKILL of the postmaster"
    times = 10
    seconds = (1.0, 0.5)
    database = DatabaseIs.REFUSING
    how = signal.SIGKILL

    async def happen(self, scene: Scene) -> None:
        await scene.cluster.postgres.end(self.how)
        await asyncio.sleep(self.lasts(scene))
        await scene.cluster.bring_postgres_back()


class PostgresShutDown(PostgresKilled):
    name = "postgres-shutdown"
    title = "Immediate shutdown of PostgreSQL"
    how = signal.SIGQUIT


class PostgresFrozen(Fault):
    name = "postgres-frozen"
    title = "PostgreSQL frozen (SIGSTOP)"
    seconds = (10.0, 3.0)
    database = DatabaseIs.FROZEN

    async def happen(self, scene: Scene) -> None:
        scene.cluster.postgres.signal_all(signal.SIGSTOP)
        try:
            await asyncio.sleep(self.lasts(scene))
        finally:
            scene.cluster.postgres.signal_all(signal.SIGCONT)


class PostgresFailedOver(Fault):
    """The wires lead to the new primary, as a virtual IP address does. Several addresses in PG_SERVER_ADDRESS have
    tests of their own."""

    name = "postgres-failed-over"
    title = "SIGKILL of the primary, failover to its synchronous standby"
    database = DatabaseIs.REFUSING

    async def prepare(self, scene: Scene) -> None:
        await scene.cluster.add_standby()

    async def happen(self, scene: Scene) -> None:
        await scene.cluster.fail_over()


FAULTS = [PostgresKilled(), PostgresShutDown(), PostgresFrozen(), PostgresFailedOver()]
