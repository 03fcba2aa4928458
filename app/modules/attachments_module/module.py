from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.accounts_module.services.revocations import Revocations
from app.modules.accounts_module.services.signing import Signer
from app.modules.attachments_module.api.router import root_router, router
from app.modules.attachments_module.db.invariants import INVARIANTS
from app.modules.attachments_module.db.models import (
    AccountAvatar,
    Attachment,
    AttachmentContent,
    AttachmentPiece,
    AttachmentUsage,
    ChatAvatar,
    MessageAttachment,
)
from app.modules.attachments_module.dependencies.tus_requests import TUS
from app.modules.attachments_module.schemas import EVENTS
from app.modules.attachments_module.services.avatar_links import AvatarLinks
from app.modules.attachments_module.services.avatars import AVATARS
from app.modules.attachments_module.services.collecting import (
    COLLECT,
    COLLECT_OFTEN,
    DELETIONS,
    FILES_OF_ACCOUNT,
    SWEEP,
    SWEEP_DAILY,
)
from app.modules.attachments_module.services.downloads import Downloads
from app.modules.attachments_module.services.inspecting import INSPECTIONS
from app.modules.attachments_module.services.links import Links
from app.modules.attachments_module.services.measuring import keep_measuring
from app.modules.attachments_module.services.part import PART, PURGE
from app.modules.attachments_module.services.preview_images import PREVIEW_IMAGES
from app.modules.attachments_module.services.processing import FILES, IMAGES, PROCESS, PROCESS_IMAGE
from app.modules.attachments_module.services.store import FileStore
from app.modules.attachments_module.services.tus import CORS
from app.modules.attachments_module.services.uploads import Uploads
from app.modules.attachments_module.settings import (
    CHANGE_AVATAR,
    CREATE_ATTACHMENT,
    DOWNLOAD,
    UPLOAD_PART,
    AttachmentSettings,
)
from app.modules.chats_module.extension import nothing_of_deleted
from app.services.rate_limits import RateLimits
from app.settings.app_settings import AppSettings
from app.settings.auth_settings import AuthSettings
from app.utils.background import running
from app.utils.container import Container
from app.utils.module import Module


@asynccontextmanager
async def lifespan(container: Container) -> AsyncIterator[None]:
    settings, database = container.get(AttachmentSettings), container.get(Database)
    store = container.put(FileStore, FileStore(settings))
    auth, base = container.get(AuthSettings), container.get(AppSettings).address_base
    links = container.put(Links, Links(Signer(auth, database, b"addresses of files"), base))
    signer = Signer(auth, database, b"addresses of avatars")
    revocations = container.get(Revocations)
    container.put(AvatarLinks, AvatarLinks(signer, database, revocations, base))
    container.put(Uploads, Uploads(container, store, revocations.open_sessions))
    container.put(Downloads, Downloads(database, store, links, container.get(RateLimits), revocations))
    async with running(keep_measuring(settings)):
        yield
    await store.close()


module = Module(
    name="attachments",
    description="Files: uploads, downloads, the files of messages",
    router=router,
    root_router=root_router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs"),
    models=(
        AccountAvatar,
        Attachment,
        AttachmentContent,
        AttachmentPiece,
        AttachmentUsage,
        ChatAvatar,
        MessageAttachment,
    ),
    lifespan=lifespan,
    events=EVENTS,
    settings=AttachmentSettings,
    invariants=(*INVARIANTS, nothing_of_deleted("chat_avatar"), nothing_of_erased("account_avatar.account_id")),
    contributes=(
        *INSPECTIONS,
        PART,
        PURGE,
        DELETIONS,
        FILES_OF_ACCOUNT,
        *AVATARS,
        PROCESS,
        PROCESS_IMAGE,
        PREVIEW_IMAGES,
        FILES,
        IMAGES,
        COLLECT,
        COLLECT_OFTEN,
        SWEEP,
        SWEEP_DAILY,
        CORS,
        TUS,
        CREATE_ATTACHMENT,
        UPLOAD_PART,
        DOWNLOAD,
        CHANGE_AVATAR,
    ),
)
