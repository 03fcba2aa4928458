from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.accounts_module.services.signing import Signer
from app.modules.chats_module.extension import nothing_of_deleted
from app.modules.digests_module.api import router
from app.modules.digests_module.db.invariants import NO_MAILS_OF_ERASED
from app.modules.digests_module.db.models import DigestChat, DigestPosition, DigestSearch
from app.modules.digests_module.schemas import DIGEST_AFTER, EMAIL
from app.modules.digests_module.services.mailing import SEND
from app.modules.digests_module.services.periodic import DIGESTS_OF_ACCOUNT, EVERY_MINUTE, FIND, PURGE
from app.modules.digests_module.services.unsubscribing import UnsubscribeLinks
from app.modules.digests_module.settings import UNSUBSCRIBE
from app.settings.app_settings import AppSettings
from app.settings.auth_settings import AuthSettings
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    app = container.get(AppSettings)
    signer = Signer(container.get(AuthSettings), container.get(Database), b"unsubscribing from digests")
    container.put(UnsubscribeLinks, UnsubscribeLinks(signer, f"{app.public_url}{app.prefix}/digests/unsubscribe/"))
    yield


module = Module(
    name="digests",
    description="Mails about messages that an account has not read for a while",
    router=router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs", "mail", "notifications"),
    left_out_with=("chats", "messages", "mail", "notifications"),
    models=(DigestPosition, DigestChat, DigestSearch),
    lifespan=lifespan,
    invariants=(
        nothing_of_erased("digest_position.account_id"),
        nothing_of_deleted("digest_position", "digest_chat"),
        NO_MAILS_OF_ERASED,
    ),
    contributes=(EMAIL, DIGEST_AFTER, FIND, EVERY_MINUTE, SEND, PURGE, DIGESTS_OF_ACCOUNT, UNSUBSCRIBE),
)
