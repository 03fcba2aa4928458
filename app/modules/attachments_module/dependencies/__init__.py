from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.attachments_module.dependencies.answering import (
    BINARY,
    FILE_ANSWERS,
    FILE_CONDITIONS,
    FILE_ERRORS,
    Asked,
    answer,
)
from app.modules.attachments_module.services.avatar_links import AvatarLinks
from app.modules.attachments_module.services.downloads import Downloads
from app.modules.attachments_module.services.links import Links
from app.modules.attachments_module.services.uploads import Uploads

AvatarLinksDep = Annotated[AvatarLinks, service(AvatarLinks)]
DownloadsDep = Annotated[Downloads, service(Downloads)]
LinksDep = Annotated[Links, service(Links)]
UploadsDep = Annotated[Uploads, service(Uploads)]

__all__ = [
    "BINARY",
    "FILE_ANSWERS",
    "FILE_CONDITIONS",
    "FILE_ERRORS",
    "Asked",
    "AvatarLinksDep",
    "DownloadsDep",
    "LinksDep",
    "UploadsDep",
    "answer",
]
