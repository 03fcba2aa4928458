from fastapi import APIRouter

from app.modules.messages_module.api.routes import messages, reactions
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    """Builds the routes of one application. Their models have the fields that its modules contribute."""
    router = APIRouter()
    for part in (messages, reactions):
        router.include_router(part.make_router(modules))
    return router
