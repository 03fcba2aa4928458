from app.modules.messages_module.extension import only_of_messages
from app.modules.previews_module.api import router
from app.modules.previews_module.db import LinkPreviewPage, RemovedLinkPreview
from app.modules.previews_module.services.fetching import ADD_PREVIEW, FETCHING, FORGET, FORGET_HOURLY, NOTICE
from app.modules.previews_module.services.part import PART, PURGE, REMOVALS
from app.modules.previews_module.settings import PREVIEW, PreviewSettings
from app.utils.module import Module

module = Module(
    name="previews",
    description="Previews of the pages that messages link to",
    router=router,
    depends_on=("base", "accounts", "chats", "messages", "streams", "jobs"),
    models=(LinkPreviewPage, RemovedLinkPreview),
    settings=PreviewSettings,
    invariants=(only_of_messages("removed_link_preview", says="have removed previews", fix="forgets these removals"),),
    contributes=(PART, REMOVALS, PURGE, NOTICE, ADD_PREVIEW, FETCHING, FORGET, FORGET_HOURLY, PREVIEW),
)
