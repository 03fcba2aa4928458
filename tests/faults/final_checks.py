"""The end of a run: every device resumes once more, and the servers must hold no leftovers."""

import asyncio

from tests.faults.background import Background, read_background, until_done
from tests.faults.fault import Scene
from tests.faults.history import Finished
from tests.faults.load.client import Client
from tests.faults.load.http import Http
from tests.faults.scene.cluster import Server
from tests.faults.truth import Truth, read_truth
from tests.faults.violations import Kind, Violation

_UNTIL_FREE = 20.0
_CUT_OFF = "timeout graceful shutdown exceeded"
_BUSY = 'state="busy"'


async def finish(scene: Scene, silence: float) -> tuple[Truth, Background, list[Violation]]:
    """Returns what is stored once the load is over, and what is wrong with the servers. The wait for more events ends
    after so many seconds without one."""
    workload = scene.workload
    heads = {stream: last for stream, (_, last) in (await read_truth(scene.cluster.address)).heads.items()}

    async def resume(client: Client) -> None:
        client.device.cut()
        # A device that does not get there has a hole, which the checker finds.
        await client.device.catch_up({stream: heads[stream] for stream in workload.streams_of(client)}, silence)
        scene.history.note(Finished(client.device.name))

    await asyncio.gather(*map(resume, workload.clients))
    await workload.disconnect()
    truth = await read_truth(scene.cluster.address)
    connection = await scene.cluster.connect()
    try:
        await until_done(connection, truth)
        background = await read_background(connection)
    finally:
        await connection.close()
    wrong = [Violation(Kind.UNAVAILABLE, f"a client met {error!r}") for error in workload.errors]
    wrong += [violation for server in scene.cluster.servers for violation in await _check_server(server)]
    return await read_truth(scene.cluster.address), background, wrong


async def _check_server(server: Server) -> list[Violation]:
    """Checks that it is alive, all its connections are free, and its log has no unexpected line."""
    name = server.process.log.name
    if server.process.process.poll() is not None:
        return [Violation(Kind.UNAVAILABLE, f"{name}: the process has ended")]
    # A request that outlives the shutdown timeout is cut off, and the log has a traceback of it.
    was_cut_off = _CUT_OFF in server.process.log.read_text()
    wrong = (
        [] if was_cut_off else [Violation(Kind.UNAVAILABLE, f"{name}: {line}") for line in server.process.troubles()]
    )
    try:
        async with asyncio.timeout(_UNTIL_FREE):
            # Its periodic jobs take a connection for a moment.
            while busy := await _list_busy(server):  # noqa: ASYNC110 - there is no notification
                await asyncio.sleep(0.05)
    except TimeoutError:
        wrong.append(Violation(Kind.UNAVAILABLE, f"{name}: connections were not given back: {busy}"))
    return wrong


async def _list_busy(server: Server) -> list[str]:
    http = Http("127.0.0.1", server.process.port)
    try:
        metrics = (await http.ask("GET", "/metrics")).body.decode()
    finally:
        http.close()
    return [line for line in metrics.splitlines() if _BUSY in line and not line.endswith(" 0.0")]
