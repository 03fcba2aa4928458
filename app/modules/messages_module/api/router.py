from fastapi import APIRouter

from app.modules.messages_module.api.routes import messages, reactions

router = APIRouter()
for part in (messages, reactions):
    router.include_router(part.router)
