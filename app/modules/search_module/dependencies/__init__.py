from typing import Annotated

from app.dependencies.services_dependency import service
from app.modules.search_module.services.message_search import MessageSearch

MessageSearchDep = Annotated[MessageSearch, service(MessageSearch)]

__all__ = ["MessageSearchDep"]
