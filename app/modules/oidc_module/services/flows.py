"""A sign-in from the application's first request to its one-time code. Accounts are not looked at yet."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from loguru import logger

from app.adapters.db.database import Database
from app.modules.oidc_module import db
from app.modules.oidc_module.errors import ProviderUnavailable, SignInUnknown
from app.modules.oidc_module.services.addresses import callback_url, with_answer
from app.modules.oidc_module.services.claims import person_of
from app.modules.oidc_module.services.pkce import challenge_of
from app.modules.oidc_module.services.providers import Provider
from app.modules.oidc_module.services.refusals import Refused
from app.modules.oidc_module.services.vault import Vault, proof_of
from app.settings.app_settings import AppSettings
from app.utils.secrets import hash_of, new_secret

FLOW_LIFETIME = timedelta(minutes=10)
CODE_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the application asks for: where to return to, the challenge of its verifier, and a text for itself."""

    redirect: str
    challenge: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and what it must bring back in a cookie."""

    location: str
    state: str
    browser: str


@dataclass(frozen=True, slots=True)
class Returned:
    """What the browser brings back from the provider."""

    state: str
    browser: str
    code: str | None
    error: str | None
    issuer: str | None


async def begin(database: Database, settings: AppSettings, provider: Provider, asked: Asked) -> Begun:
    """Begins a sign-in. Raises ProviderUnavailable. No connection is held while the provider is asked.

    The state belongs to the browser that has the cookie, so an attacker cannot finish a sign-in in the browser of a
    victim.
    """
    state, browser, nonce, verifier = (new_secret() for _ in range(4))
    url = await provider.authorization_url(callback_url(settings, provider.id), state, nonce, challenge_of(verifier))
    row = (nonce, verifier, asked.redirect, asked.challenge, asked.state, datetime.now(UTC) + FLOW_LIFETIME)
    async with database.connection() as connection:
        await db.add_flow(connection, hash_of(state), hash_of(browser), provider.id, *row)
    return Begun(url, state, browser)


async def finish(
    database: Database, vault: Vault, settings: AppSettings, provider: Provider, returned: Returned
) -> str:
    """Returns the address of the application, with a one-time code or an error of OAuth 2.0.

    Raises SignInUnknown: without its row the address of the application is not known. No connection is held while the
    provider is asked.
    """
    async with database.connection() as connection:
        flow = await db.use_flow(
            connection, hash_of(returned.state), hash_of(returned.browser), provider.id, datetime.now(UTC)
        )
    if flow is None:
        raise SignInUnknown
    redirect, app_state = flow["redirect"], flow["app_state"]
    try:
        await provider.check_issuer_of_return(returned.issuer)
        if returned.error == "access_denied":
            return with_answer(redirect, error="access_denied", state=app_state)
        if returned.code is None:
            raise Refused(f"the provider answers with the error {str(returned.error)[:100]!r}")
        claims, tokens = await provider.redeem(
            returned.code, flow["verifier"], callback_url(settings, provider.id), flow["nonce"]
        )
    except Refused as refusal:
        logger.warning("a sign-in by {} was refused: {}", provider.id, refusal)
        return with_answer(redirect, error="server_error", state=app_state)
    except ProviderUnavailable as error:
        log_failure(error)
        return with_answer(redirect, error="temporarily_unavailable", state=app_state)
    await vault.prepare()
    sealed = vault.seal(provider.issuer, claims.sub, proof_of(tokens))
    code, person = new_secret(), person_of(claims)
    async with database.connection() as connection:
        await db.add_code(
            connection,
            hash_of(code),
            flow["challenge"],
            provider.id,
            provider.issuer,
            person.subject,
            person.email,
            person.is_verified,
            person.username,
            person.display_name,
            sealed,
            datetime.now(UTC) + CODE_LIFETIME,
        )
    return with_answer(redirect, code=code, state=app_state)


def log_failure(error: ProviderUnavailable) -> None:
    logger.warning("a sign-in failed: {}", error.detail)
