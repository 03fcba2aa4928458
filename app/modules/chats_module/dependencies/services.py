from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.chats_module.services.contents import ChatContents
from app.modules.chats_module.services.deletion import Deletions

ContentsDep = Annotated[ChatContents, service(ChatContents)]
DeletionsDep = Annotated[Deletions, service(Deletions)]
