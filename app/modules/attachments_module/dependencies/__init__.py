from typing import Annotated

from fastapi import Depends

from app.dependencies.services_dependency import service
from app.modules.accounts_module.dependencies import CurrentIdentity, DeviceDep
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
from app.modules.attachments_module.services.places import Sender
from app.modules.attachments_module.services.uploads import Uploads
from app.services.rate_limits import network_of


async def _find_sender(identity: CurrentIdentity, device: DeviceDep) -> Sender:
    return Sender(identity.account_id, identity.session_id, network_of(device.address))


AvatarLinksDep = Annotated[AvatarLinks, service(AvatarLinks)]
DownloadsDep = Annotated[Downloads, service(Downloads)]
LinksDep = Annotated[Links, service(Links)]
SenderDep = Annotated[Sender, Depends(_find_sender)]
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
    "SenderDep",
    "UploadsDep",
    "answer",
]
