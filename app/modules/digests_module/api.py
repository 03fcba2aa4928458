from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse

from app.dependencies.dependency_db import Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep, service
from app.modules.accounts_module.dependencies import DeviceDep
from app.modules.digests_module.services.unsubscribing import UnsubscribeLinks, turn_off
from app.modules.digests_module.settings import UNSUBSCRIBE
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of
from app.utils.module import Modules
from app.utils.secret_path import secret_path

router = APIRouter(prefix="/digests")

Token = Annotated[str, Path(max_length=200, description="the token of the mail's link", examples=["q83vEjRWeJCrze8S"])]
LinksDep = Annotated[UnsubscribeLinks, service(UnsubscribeLinks)]
_TEMPLATES = FilePath(__file__).with_name("templates")
_ASK, _DONE = ((_TEMPLATES / name).read_text("utf-8") for name in ("ask.html", "done.html"))
_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string", "examples": ["<!doctype html>..."]}}}}
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    # The address contains the token.
    "Referrer-Policy": "no-referrer",
}


@router.get("/unsubscribe/{token}", response_class=HTMLResponse, responses=_PAGE)
@secret_path
async def ask(token: Token) -> HTMLResponse:
    """Shows a page that asks whether to unsubscribe from digest mails.

    It changes nothing: programs that scan mails open it.
    """
    return HTMLResponse(_ASK, headers=_HEADERS)


@router.post("/unsubscribe/{token}", response_class=HTMLResponse, responses=_PAGE)
@secret_path
async def unsubscribe(
    token: Token,
    device: DeviceDep,
    limits: LimitsDep,
    work: Work,
    log: LogDep,
    links: LinksDep,
    container: ContainerDep,
) -> HTMLResponse:
    """Turns digest mails off for the account that a mail was sent to: its setting `email` becomes `none`.

    Mail programs call it when their user unsubscribes (RFC 8058). The answer is the same for an unknown token.
    """
    limits.hit(UNSUBSCRIBE, network_of(device.address))
    account_id = await links.read(token)
    if account_id is not None:
        await turn_off(work, log, container.get(Modules), account_id)
    return HTMLResponse(_DONE, headers=_HEADERS)
