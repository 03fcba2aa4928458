"""The routes of accounts."""

from fastapi import APIRouter

from app.modules.accounts_module.api.routes import me, profiles, sessions, sign_in
from app.utils.module import Modules


def make_router(modules: Modules) -> APIRouter:
    """Returns the routes of one application. Their models have the fields that its modules contribute."""
    router = APIRouter()
    # `profiles` comes last: its `/{account_id}` would match the paths of the others.
    for part in (
        sign_in.make_router(modules),
        sign_in.router,
        me.make_router(modules),
        me.router,
        me.hot,
        sessions.router,
        profiles.make_router(modules),
    ):
        router.include_router(part)
    return router
