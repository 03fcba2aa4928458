from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.attachments_module.services.downloads import Downloads
from app.modules.attachments_module.services.links import Links
from app.modules.attachments_module.services.uploads import Uploads

DownloadsDep = Annotated[Downloads, service(Downloads)]
LinksDep = Annotated[Links, service(Links)]
UploadsDep = Annotated[Uploads, service(Uploads)]

__all__ = ["DownloadsDep", "LinksDep", "UploadsDep"]
