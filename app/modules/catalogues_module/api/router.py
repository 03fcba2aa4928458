"""The routes of catalogues."""

from fastapi import APIRouter

from app.modules.catalogues_module.api.routes import catalogues, items
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter()
    for part in (catalogues.router, items.make_router(modules)):
        router.include_router(part)
    return router
