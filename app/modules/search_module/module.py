from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from app.adapters.db.database import BackgroundDatabase, Database
from app.modules.messages_module.services.views import MessageViews
from app.modules.search_module.api.router import make_router
from app.modules.search_module.db.invariants import INVARIANTS
from app.modules.search_module.db.models import SearchBuild, SearchMessage, SearchMessageNext
from app.modules.search_module.services.building import Building
from app.modules.search_module.services.flags import flags_of
from app.modules.search_module.services.lemmas import Lemmas
from app.modules.search_module.services.message_search import MessageSearch
from app.modules.search_module.services.russian import expand_russian
from app.modules.search_module.services.subscriber import CATCH_UP, INDEXING, PURGE, SEARCH
from app.modules.search_module.settings import SEARCH_MESSAGES, SUGGEST, SearchSettings
from app.modules.streams_module.services.reads import StreamReads
from app.settings.app_settings import AppSettings
from app.utils.background import Background
from app.utils.container import Container
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    expand = Lemmas().expand if container.get(SearchSettings).lemmas else expand_russian
    flags = flags_of(container.get(Modules))
    search = MessageSearch(
        container.get(Database), container.get(StreamReads), container.get(MessageViews), flags, expand
    )
    container.put(MessageSearch, search)
    building = Building(container.get(BackgroundDatabase))
    container.get(Background).add(building.working)
    async with nullcontext() if container.get(AppSettings).background else building.beginning():
        yield


module = Module(
    name="search",
    description="Search in messages, people and chats",
    router=make_router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs"),
    models=(SearchBuild, SearchMessage, SearchMessageNext),
    lifespan=lifespan,
    invariants=INVARIANTS,
    settings=SearchSettings,
    contributes=(SEARCH, INDEXING, CATCH_UP, PURGE, SEARCH_MESSAGES, SUGGEST),
)
