"""Faults of the replica: it crashes, is suspended, or falls behind. Its reads are made on the primary meanwhile."""

import asyncio
import signal

from tests.faults.fault import Fault, Scene
from tests.faults.scene.postgres import Postgres


class _OfReplica(Fault):
    acts_on_replica = True
    spares_the_rest = True


class ReplicaKilled(_OfReplica):
    name = "replica-killed"
    title = "SIGKILL of the replica"
    seconds = (2.0, 0.5)

    async def happen(self, scene: Scene) -> None:
        await _replica(scene).end(signal.SIGKILL)
        await asyncio.sleep(self.lasts(scene))
        await scene.cluster.bring_replica_back()


class ReplicaFrozen(_OfReplica):
    name = "replica-frozen"
    title = "The replica frozen (SIGSTOP)"

    async def happen(self, scene: Scene) -> None:
        _replica(scene).signal_all(signal.SIGSTOP)
        try:
            await asyncio.sleep(self.lasts(scene))
        finally:
            _replica(scene).signal_all(signal.SIGCONT)


class ReplicaBehind(_OfReplica):
    name = "replica-behind"
    title = "The replica falls behind"

    async def happen(self, scene: Scene) -> None:
        await _replica(scene).query("SELECT pg_wal_replay_pause()")
        try:
            await asyncio.sleep(self.lasts(scene))
        finally:
            await _replica(scene).query("SELECT pg_wal_replay_resume()")


def _replica(scene: Scene) -> Postgres:
    assert scene.cluster.replica is not None
    return scene.cluster.replica


FAULTS = [ReplicaKilled(), ReplicaFrozen(), ReplicaBehind()]
