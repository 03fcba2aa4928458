from app.modules.accounts_module.extension import nothing_of_erased
from app.modules.messages_module.extension import only_of_messages
from app.modules.versions_module.api import router
from app.modules.versions_module.db import MessageVersion
from app.modules.versions_module.services import KEEP, PURGE, PURGE_DELETED, READ_VERSIONS, VERSIONS_OF_ACCOUNT
from app.modules.versions_module.settings import VersionsSettings
from app.utils.module import Module

module = Module(
    name="versions",
    description="Earlier texts of edited messages",
    router=router,
    depends_on=("base", "accounts", "chats", "messages"),
    models=(MessageVersion,),
    settings=VersionsSettings,
    invariants=(
        only_of_messages("message_version", says="have earlier texts", fix="deletes their earlier texts"),
        nothing_of_erased("message_version.sender_id"),
    ),
    contributes=(READ_VERSIONS, KEEP, PURGE_DELETED, PURGE, VERSIONS_OF_ACCOUNT),
)
