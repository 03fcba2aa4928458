"""The routes of chats."""

from fastapi import APIRouter

from app.modules.chats_module.api.routes import chats, events, members
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes of one application. Their models have the fields that its modules contribute."""
    router = APIRouter()
    for part in (chats.make_router(modules), members.make_router(modules), events.router):
        router.include_router(part)
    return router
