from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.accounts_module.services.parts import AccountParts
from app.modules.accounts_module.services.presence_filters import PresenceFilters
from app.modules.chats_module.api.router import make_router
from app.modules.chats_module.db.invariants import INVARIANTS
from app.modules.chats_module.db.models import AccountChat, Chat, ChatMember
from app.modules.chats_module.extension import ChatPart, ChatPurge
from app.modules.chats_module.schemas import EVENT_TEXTS, EVENTS, chat_models
from app.modules.chats_module.services.deletion import Deletions
from app.modules.chats_module.services.erasure import CHATS_OF_ACCOUNT
from app.modules.chats_module.services.member_views import MemberViews
from app.modules.chats_module.services.parts import ChatParts
from app.modules.chats_module.services.permissions import PERMISSIONS
from app.modules.chats_module.services.rules import MemberRules
from app.modules.chats_module.services.socket import SOCKET
from app.modules.chats_module.settings import ADD_MEMBERS, ADD_PEOPLE, CREATE_CHAT
from app.modules.streams_module.services.log import Log
from app.utils.background import running
from app.utils.container import Container
from app.utils.module import Module, Modules


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    modules = container.get(Modules)
    container.put(ChatParts, ChatParts(modules.contributions(ChatPart), container))
    members = MemberViews(chat_models(modules).member, container.get(AccountParts), container.get(PresenceFilters))
    container.put(MemberViews, members)
    container.put(MemberRules, MemberRules(modules, container))
    deletions = container.put(
        Deletions,
        Deletions(container.get(Database), container.get(Log), modules.contributions(ChatPurge), container),
    )
    async with running(deletions.keep_deleting()):
        yield


module = Module(
    name="chats",
    description="Chats, members and read positions",
    router=make_router,
    depends_on=("base", "accounts", "streams"),
    models=(Chat, ChatMember, AccountChat),
    events=EVENTS,
    contributes=(*EVENT_TEXTS, *PERMISSIONS, *SOCKET, CHATS_OF_ACCOUNT, CREATE_CHAT, ADD_MEMBERS, ADD_PEOPLE),
    lifespan=lifespan,
    invariants=INVARIANTS,
)
