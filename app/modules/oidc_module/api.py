from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, status
from starlette.responses import RedirectResponse, Response

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import AppSettingsDep, ContainerDep, LimitsDep, service
from app.modules.accounts_module.dependencies import (
    CurrentIdentity,
    DeviceDep,
    RecentSignIn,
    RevocationsDep,
)
from app.modules.accounts_module.errors import LastSignInMethod, ReauthenticationRequired
from app.modules.accounts_module.services.sessions import check_recent
from app.modules.base_module.schemas import Page, answer_headers, refuses
from app.modules.oidc_module.errors import (
    CodeInvalid,
    IdentityNotFound,
    IdentityTaken,
    ProviderNotFound,
    ProviderUnavailable,
    SignInUnknown,
    TooManyIdentities,
)
from app.modules.oidc_module.schemas import (
    AppState,
    Challenge,
    IdentityCreate,
    IdentityId,
    IdentityRead,
    Method,
    ProviderCode,
    ProviderError,
    ProviderId,
    ProviderIssuer,
    ProviderRead,
    Redirect,
    State,
)
from app.modules.oidc_module.services import flows, identities, sign_ins
from app.modules.oidc_module.services.addresses import callback_url, check_redirect, with_answer
from app.modules.oidc_module.services.providers import Providers
from app.modules.oidc_module.services.vault import Vault
from app.modules.oidc_module.settings import OIDC_SIGN_IN, OidcSettings
from app.modules.streams_module.dependencies import LogDep
from app.services.rate_limits import network_of

router = APIRouter()
ProvidersDep = Annotated[Providers, service(Providers)]
VaultDep = Annotated[Vault, service(Vault)]
_REDIRECTED: dict[int | str, dict[str, Any]] = {303: {"headers": answer_headers(("Location", "the next page"))}}


@router.get("/auth/providers")
async def list_providers(providers: ProvidersDep) -> Page[ProviderRead]:
    """Lists the providers that accounts may sign in with."""
    return Page(items=[ProviderRead(id=one.id, name=one.name) for one in providers], next_cursor=None)


@router.get(
    "/auth/oidc/{id}/start",
    status_code=status.HTTP_303_SEE_OTHER,
    response_class=RedirectResponse,
    responses=_REDIRECTED,
    openapi_extra=refuses(ProviderNotFound),
)
async def start(
    provider_id: ProviderId,
    redirect: Redirect,
    code_challenge: Challenge,
    device: DeviceDep,
    limits: LimitsDep,
    providers: ProvidersDep,
    settings: AppSettingsDep,
    own: Annotated[OidcSettings, service(OidcSettings)],
    database: Db,
    code_challenge_method: Method = "S256",
    state: AppState = None,
) -> Response:
    """Redirects the browser to the provider. Open it as a page; do not request it from a script.

    The browser returns to `redirect` with `code` and `state`, or with `error` and `state`. `POST /accounts/token`
    takes the code with the verifier.
    """
    limits.hit(OIDC_SIGN_IN, network_of(device.address))
    provider = providers.get(provider_id)
    asked = flows.Asked(check_redirect(settings, own, redirect), code_challenge, state)
    try:
        begun = await flows.begin(database, settings, provider, asked)
    except ProviderUnavailable as error:
        flows.log_failure(error)
        return _go(with_answer(asked.redirect, error="temporarily_unavailable", state=state))
    response, url = _go(begun.location), callback_url(settings, provider_id)
    response.set_cookie(
        _cookie_of(begun.state),
        begun.browser,
        max_age=int(flows.FLOW_LIFETIME.total_seconds()),
        path=urlsplit(url).path,
        secure=url.startswith("https:"),
        httponly=True,
        # The provider is another site, and sends the browser here by a link. "strict" would keep the cookie back.
        samesite="lax",
    )
    return response


@router.get(
    "/auth/oidc/{id}/callback",
    status_code=status.HTTP_303_SEE_OTHER,
    response_class=RedirectResponse,
    responses=_REDIRECTED,
    openapi_extra=refuses(ProviderNotFound, SignInUnknown),
)
async def callback(
    provider_id: ProviderId,
    state: State,
    request: Request,
    device: DeviceDep,
    limits: LimitsDep,
    providers: ProvidersDep,
    settings: AppSettingsDep,
    vault: VaultDep,
    database: Db,
    code: ProviderCode = None,
    error: ProviderError = None,
    iss: ProviderIssuer = None,
) -> Response:
    """Verifies the answer of the provider, and redirects the browser to the application."""
    limits.hit(OIDC_SIGN_IN, network_of(device.address))
    provider, cookie = providers.get(provider_id), _cookie_of(state)
    returned = flows.Returned(state, request.cookies.get(cookie, ""), code, error, iss)
    response = _go(await flows.finish(database, vault, settings, provider, returned))
    response.delete_cookie(cookie, path=urlsplit(callback_url(settings, provider_id)).path)
    return response


@router.get("/accounts/me/identities")
async def list_identities(identity: CurrentIdentity, work: Work) -> Page[IdentityRead]:
    """Lists the identities of providers that sign in to the caller's account, the newest first."""
    return await identities.list_all(await work.raw(), identity.account_id)


@router.post(
    "/accounts/me/identities",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=refuses(ReauthenticationRequired, CodeInvalid, IdentityTaken, TooManyIdentities),
)
async def link(
    body: IdentityCreate, identity: CurrentIdentity, work: Work, log: LogDep, vault: VaultDep
) -> IdentityRead:
    """Links an identity to the caller's account, with the one-time code of a sign-in by its provider."""
    await vault.prepare()
    said = await sign_ins.use_code(work, body.code, body.code_verifier)
    # It locks the account's stream: after the person at the provider, as a sign-in does.
    await check_recent(work, log, identity)
    return await identities.link(work, log, vault, identity.account_id, said)


@router.delete(
    "/accounts/me/identities/{identity_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=refuses(ReauthenticationRequired, IdentityNotFound, LastSignInMethod),
)
async def remove(
    identity_id: IdentityId,
    identity: RecentSignIn,
    work: Work,
    log: LogDep,
    revocations: RevocationsDep,
    container: ContainerDep,
) -> None:
    """Removes an identity. The other sessions that it has opened end."""
    await identities.remove(work, log, revocations, container, identity, identity_id)


def _go(location: str) -> RedirectResponse:
    # By the headers of every response, the address stays out of caches and out of the Referer of the next page.
    return RedirectResponse(location, status.HTTP_303_SEE_OTHER)


def _cookie_of(state: str) -> str:
    """Returns the name of a sign-in's cookie: a browser may have several sign-ins under way."""
    return f"oidc_{sha256(state.encode()).hexdigest()[:16]}"
