"""An outage of the bus between the servers: its LISTEN connections are terminated again and again."""

from tests.bus_outage import interrupt_bus
from tests.faults.fault import Fault, Scene


class BusInterrupted(Fault):
    name = "bus-interrupted"
    title = "The bus disconnected"
    times = 1
    seconds = (60.0, 4.0)

    async def happen(self, scene: Scene) -> None:
        await interrupt_bus(scene.cluster.address, self.lasts(scene))


FAULTS = [BusInterrupted()]
