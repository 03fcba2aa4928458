from fastapi import APIRouter

from app.modules.search_module.api.routes import messages
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    """The routes of one application, whose models have the fields that its modules contribute."""
    router = APIRouter()
    router.include_router(messages.make_router(modules))
    return router
