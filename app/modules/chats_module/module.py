from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.chats_module.api.router import router
from app.modules.chats_module.db.invariants import INVARIANTS
from app.modules.chats_module.db.models import AccountChat, Chat, ChatMember
from app.modules.chats_module.schemas import EVENTS
from app.modules.chats_module.services.contents import ChatContents, EmptyContents
from app.modules.chats_module.services.deletion import Deletions
from app.modules.streams_module.services.log import Log
from app.utils.background import running
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    # The module of the messages, which starts after this one, puts its own in this place.
    container.put(ChatContents, EmptyContents())  # type: ignore[type-abstract]
    deletions = Deletions(
        container.get(Database),
        container.get(Log),
        lambda: container.get(ChatContents),  # type: ignore[type-abstract]
    )
    container.put(Deletions, deletions)
    async with running(deletions.keep_deleting()):
        yield


module = Module(
    name="chats",
    description="Chats, their members, and how far these have read",
    router=router,
    depends_on=("base", "accounts", "streams"),
    models=(Chat, ChatMember, AccountChat),
    events=EVENTS,
    lifespan=lifespan,
    invariants=INVARIANTS,
)
