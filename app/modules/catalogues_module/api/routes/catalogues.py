"""Routes that list and read catalogues."""

from typing import Annotated

from fastapi import APIRouter, Header, Response, status

from app.modules.accounts_module.dependencies import CurrentIdentity
from app.modules.base_module.schemas import Cursor, Limit, Page, answer_headers, refuses
from app.modules.catalogues_module.dependencies import CatalogueCacheDep, CatalogueName
from app.modules.catalogues_module.errors import CatalogueNotFound
from app.modules.catalogues_module.schemas import CatalogueSummary, CatalogueView
from app.modules.catalogues_module.services.languages import choose_language
from app.utils.etags import names_etag

router = APIRouter(prefix="/catalogues")
_HEADERS = answer_headers(("ETag", "for `If-None-Match`"), ("Content-Language", "`ru` or `en`"))


@router.get("")
async def list_catalogues(
    identity: CurrentIdentity, cache: CatalogueCacheDep, cursor: Cursor = None, limit: Limit = 50
) -> Page[CatalogueSummary]:
    """Lists the catalogues by name, with the number of items in each."""
    return await cache.page(cursor, limit)


@router.get(
    "/{name}",
    response_model=CatalogueView,
    responses={
        200: {"headers": _HEADERS},
        304: {"description": "The catalogue has not changed since the given ETag", "headers": _HEADERS},
    },
    openapi_extra=refuses(CatalogueNotFound),
)
async def read(
    name: CatalogueName,
    identity: CurrentIdentity,
    cache: CatalogueCacheDep,
    accept_language: Annotated[str | None, Header(description="preferred language: ru or en", examples=["ru"])] = None,
    if_none_match: Annotated[str | None, Header(description="the ETag that the client has")] = None,
) -> Response:
    """Returns a whole catalogue in the caller's language, including inactive items."""
    language = choose_language(accept_language)
    rendered = await cache.get(name, language)
    headers = {
        "ETag": rendered.etag,
        "Vary": "Accept-Language",
        "Cache-Control": "private, no-cache",
        "Content-Language": language,
    }
    if names_etag(if_none_match or "", rendered.etag, is_weak=True):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(rendered.body, headers=headers, media_type="application/json")
