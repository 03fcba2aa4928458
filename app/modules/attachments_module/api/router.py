from fastapi import APIRouter

from app.modules.attachments_module.api.routes import attachments, uploads

router = APIRouter()
# HEAD of an upload is declared before GET, which would answer it as well.
router.include_router(uploads.router)
router.include_router(attachments.router)
root_router = attachments.root_router
