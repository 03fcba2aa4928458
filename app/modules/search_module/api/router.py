from fastapi import APIRouter

from app.modules.search_module.api.routes import messages, suggest
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes of one application. Their models have the fields that its modules contribute."""
    router = APIRouter()
    for part in (messages, suggest):
        router.include_router(part.make_router(modules))
    return router
