from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.dependencies.dependency_db import Work
from app.dependencies.scopes import scoped
from app.dependencies.services_dependency import LimitsDep
from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.accounts_module.dependencies import PartsDep as AccountPartsDep
from app.modules.base_module.schemas import Storable
from app.modules.chats_module.dependencies import PartsDep as ChatPartsDep
from app.modules.search_module.schemas import make_suggestions
from app.modules.search_module.services.suggesting import suggest_chats, suggest_people
from app.modules.search_module.settings import SUGGEST
from app.utils.json_form import to_json
from app.utils.module import Modules

_DEFAULT, _MAX = 5, 20


def make_router(modules: Modules) -> APIRouter:
    router = APIRouter(prefix="/search")

    @router.get("/suggest", response_model=make_suggestions(modules))
    @scoped("chats:read")
    async def suggest(
        identity: CurrentIdentity,
        limits: LimitsDep,
        work: Work,
        account_parts: AccountPartsDep,
        chat_parts: ChatPartsDep,
        q: Annotated[
            Storable, Query(min_length=1, max_length=100, description="part of a name or title", examples=["анна"])
        ],
        limit: Annotated[
            int, Query(ge=1, le=_MAX, description=f"the maximum number of each kind; {_DEFAULT} by default")
        ] = _DEFAULT,
    ) -> Response:
        """Returns people, and chats of the caller, for a field that is being typed into."""
        limits.hit(SUGGEST, identity.account_id.int)
        viewer = identity.account_id
        people = await suggest_people(work, account_parts, viewer, q, limit)
        chats = await suggest_chats(work, chat_parts, viewer, q, limit)
        found = {"people": [person.model_dump(mode="json") for person in people], "chats": chats}
        return Response(to_json(found), media_type="application/json")

    return router
