"""The routes of catalogues."""

from fastapi import APIRouter

from app.modules.catalogues_module.api.routes import catalogues, items

router = APIRouter()
for part in (catalogues, items):
    router.include_router(part.router)
