from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.streams_module.services.log import Log

LogDep = Annotated[Log, service(Log)]

__all__ = ["LogDep"]
