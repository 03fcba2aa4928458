from fastapi import APIRouter

from app.modules.chats_module.api.routes import chats, events, members

router = APIRouter()
for part in (chats, members, events):
    router.include_router(part.router)
