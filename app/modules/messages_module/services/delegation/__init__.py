"""One writer per chat among the processes of a machine (docs/adr/0027-preferred-writers.md)."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import blake2b

import orjson
from loguru import logger

from app.adapters.clients.peers import PeerFolder
from app.adapters.db.database import Database
from app.adapters.db.identity import read_identity
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
from app.settings.app_settings import AppSettings
from app.utils.container import Container
from app.utils.metric_collectors import MetricCollectors
from app.utils.module import Modules
from app.utils.shutdown import Shutdown
from app.utils.sources import digest_of_sources

_PAUSE = 0.5
"""Seconds between two attempts to reach the database at the start."""

__all__ = ["Delegation", "delegating"]


@asynccontextmanager
async def delegating(container: Container, queue: SendQueue) -> AsyncIterator[None]:
    """Lets the queue share chats with other processes for the time of the block, unless SEND_DELEGATION is false."""
    settings = container.get(MessagesSettings)
    if not settings.delegation or not hasattr(socket, "AF_UNIX"):
        yield
        return
    model = message_models(container.get(Modules)).create
    problems = container.get(ProblemMaker)  # type: ignore[type-abstract]
    receiver = Receiver(queue, model, container.get(Revocations), problems)
    delegation = container.put(Delegation, Delegation(queue, container.get(Hub), receiver, model))
    queue.route_by(delegation)
    container.get(MetricCollectors).add(delegation.measure)

    async def find_folder() -> PeerFolder:
        return PeerFolder(settings.delegation_folder, await _find_group(container, model))

    async with delegation.working(container.get(Shutdown), find_folder):
        yield


async def _find_group(container: Container, model: type[MessageCreate]) -> str:
    """Returns the same name in all processes that may write for each other, as soon as the database answers.

    They have the same database, the same version and sources, the same modules, and messages with the same fields. A
    module may check sends, or derive a field, without a field in the request.
    """
    modules = [module.name for module in container.get(Modules)]
    while True:
        try:
            identity = await read_identity(container.get(Database))
            sources = await asyncio.to_thread(digest_of_sources)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next attempt may succeed
            logger.debug("cannot read which database or version this is: {!r}", error)
            await asyncio.sleep(_PAUSE)
        else:
            version = container.get(AppSettings).version
            common = [FORMAT, identity, version, sources, modules, model.model_json_schema()]
            return blake2b(orjson.dumps(common), digest_size=8).hexdigest()
