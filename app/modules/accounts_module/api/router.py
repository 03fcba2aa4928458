from fastapi import APIRouter

from app.modules.accounts_module.api.routes import me, people, sessions, sign_in

router = APIRouter()
for part in (sign_in, me, sessions, people):
    # `people` comes last: its `/{account_id}` would take the others' words for an id.
    router.include_router(part.router)
