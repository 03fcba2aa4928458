"""Asks the provider, before a session that it has opened is refreshed, if it still vouches for the account."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from loguru import logger

from app.adapters.db.database import Database
from app.modules.accounts_module.extension import RefreshCheck
from app.modules.oidc_module import db
from app.modules.oidc_module.errors import ProviderNotFound, ProviderUnavailable
from app.modules.oidc_module.services.identities import ORIGIN
from app.modules.oidc_module.services.providers import Provider, Providers
from app.modules.oidc_module.services.refusals import Refused, Unvouched
from app.modules.oidc_module.services.vault import Proof, Vault, proof_of
from app.settings.egress_settings import EgressSettings
from app.utils.container import Container

GRACE = timedelta(hours=24)
"""How long sessions go on if the provider cannot be asked."""
_PAUSE = 0.1
_REQUESTS = 4
"""The most requests that one check takes: for metadata, tokens and keys."""


async def _is_valid(container: Container, identity_id: UUID) -> bool:
    """Returns False if the provider has disabled the account, or the identity or the provider was removed.

    One process at a time asks about an identity: providers that replace refresh tokens end all of them if an old one
    comes twice. Raises ProviderUnavailable if the provider has not answered for longer than GRACE.
    """
    database = container.get(Database)
    identity, checked_at = await _lease(database, identity_id, container.get(EgressSettings).timeout_s)
    if identity is None:
        return checked_at is not None and _goes_on(checked_at)
    try:
        return await _ask(container, database, identity_id, identity)
    finally:
        async with database.connection() as connection:
            await db.end_lease(connection, identity_id, identity["leased_until"])


async def _lease(database: Database, identity_id: UUID, longest: float) -> tuple[Any | None, datetime | None]:
    """Returns the identity when no other process asks about it, and when the provider last vouched for it.

    The identity is None if that takes longer than `longest` seconds. Both are None if it was removed.
    """
    for _ in range(int(longest / _PAUSE) + 1):
        async with database.connection() as connection:
            identity = await db.lease(connection, identity_id, _REQUESTS * longest)
            if identity is not None:
                return identity, identity["checked_at"]
            checked_at = await db.find_checked_at(connection, identity_id)
            if checked_at is None:
                return None, None
        await asyncio.sleep(_PAUSE)
    return None, checked_at


def _goes_on(checked_at: datetime) -> bool:
    """Returns True during GRACE. Raises ProviderUnavailable afterwards."""
    if checked_at + GRACE < datetime.now(UTC):
        raise ProviderUnavailable
    return True


async def _ask(container: Container, database: Database, identity_id: UUID, identity: Any) -> bool:
    vault = container.get(Vault)
    await vault.prepare()
    proof = vault.open(identity["issuer"], identity["subject"], identity["sealed"])
    try:
        provider = container.get(Providers).get(identity["provider"])
    except ProviderNotFound:
        return False
    if proof is None or provider.issuer != identity["issuer"]:
        return False
    try:
        newer = await _renew(provider, proof, identity["subject"])
    except Unvouched as refusal:
        logger.info("{} no longer vouches for an identity: {}", provider.id, refusal)
        return False
    except (Refused, ProviderUnavailable) as error:
        logger.warning("{} could not be asked about an identity: {}", provider.id, error)
        return _goes_on(identity["checked_at"])
    sealed = vault.seal(identity["issuer"], identity["subject"], newer)
    async with database.connection() as connection:
        await db.note_check(connection, identity_id, identity["sealed"], datetime.now(UTC), sealed)
    return True


async def _renew(provider: Provider, proof: Proof, subject: str) -> Proof:
    """Returns the newest proof. Raises Unvouched, Refused, or ProviderUnavailable."""
    if proof.refresh_token is not None:
        return proof_of(await provider.refresh(proof.refresh_token, subject)).after(proof)
    if proof.expires_at <= datetime.now(UTC):
        raise Unvouched("its access token has expired, and it has given no refresh token")
    if (await provider.metadata()).userinfo_endpoint is not None:
        await provider.read_userinfo(proof.access_token, subject)
    return proof


VOUCHED = RefreshCheck(ORIGIN, _is_valid)
