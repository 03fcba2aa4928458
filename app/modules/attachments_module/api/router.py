from fastapi import APIRouter

from app.modules.attachments_module.api.routes import attachments, avatars, uploads

router = APIRouter()
# HEAD of an upload is declared before GET, which would answer it as well.
router.include_router(uploads.router)
router.include_router(attachments.router)
router.include_router(avatars.router)
root_router = APIRouter()
root_router.include_router(attachments.root_router)
root_router.include_router(avatars.root_router)
