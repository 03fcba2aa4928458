"""One writer per chat among the processes of a machine (docs/adr/0027-preferred-writers.md)."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b

import orjson

from app.adapters.clients.peers import PeerFolder
from app.adapters.db.database import Database
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.messages_module.schemas import MessageCreate
from app.modules.messages_module.schemas.models import message_models
from app.modules.messages_module.services.delegation.delegation import Delegation
from app.modules.messages_module.services.delegation.receiver import Receiver
from app.modules.messages_module.services.delegation.wire import FORMAT
from app.modules.messages_module.services.send_queue import SendQueue
from app.modules.messages_module.settings import MessagesSettings
from app.modules.streams_module.services.hub import Hub
from app.services.errors import ProblemMaker
from app.settings import Settings
from app.utils.container import Container
from app.utils.metrics import MetricCollectors
from app.utils.module import Modules
from app.utils.shutdown import Shutdown

__all__ = ["Delegation", "delegating"]


@asynccontextmanager
async def delegating(container: Container, queue: SendQueue) -> AsyncIterator[None]:
    """Lets the queue share chats with other processes for the time of the block, unless SEND_DELEGATION is false."""
    settings = container.get(MessagesSettings)
    if not settings.delegation or not hasattr(socket, "AF_UNIX"):
        yield
        return
    model = message_models(container.get(Modules)).create
    folder = PeerFolder(settings.delegation_folder, _group_of(container, model))
    problems = container.get(ProblemMaker)  # type: ignore[type-abstract]
    receiver = Receiver(queue, model, container.get(Revocations), problems)
    delegation = container.put(Delegation, Delegation(queue, container.get(Hub), receiver, folder, model))
    queue.route_by(delegation)
    container.get(MetricCollectors).add(delegation.measure)
    async with delegation.working(container.get(Shutdown)):
        yield


def _group_of(container: Container, model: type[MessageCreate]) -> str:
    """Returns the same name in all processes that may write for each other.

    They have the same database, the same version, and messages with the same fields.
    """
    address, version = container.get(Database).address, container.get(Settings).app.version
    common = [FORMAT, address.host, address.port, address.database, version, model.model_json_schema()]
    return blake2b(orjson.dumps(common), digest_size=8).hexdigest()
