"""Signing in, as a parameter type: for passwords, and for modules with other ways to prove who is calling."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.dependencies.dependency_db import Db, Work
from app.dependencies.services_dependency import ContainerDep, LimitsDep, SizesDep, service
from app.modules.accounts_module.db.cruds.accounts import find_account
from app.modules.accounts_module.dependencies.device import DeviceDep
from app.modules.accounts_module.dependencies.identity import Auth
from app.modules.accounts_module.dependencies.services import FailedSignInsDep, PasswordsDep, RevocationsDep
from app.modules.accounts_module.errors import InvalidToken, SecondFactorRequired, WrongCredentials
from app.modules.accounts_module.extension import Grant, grants_of
from app.modules.accounts_module.schemas import SignedIn
from app.modules.accounts_module.services import accounts, sessions
from app.modules.accounts_module.services.credentials import Attempt, check_credentials
from app.modules.accounts_module.services.hooks import run_sign_in_hooks
from app.modules.accounts_module.services.second_factors import SecondFactors, stamp_of
from app.modules.accounts_module.services.tokens import DeviceClaim, TicketClaim, known_device
from app.modules.accounts_module.settings import SIGN_IN_ADDRESS
from app.modules.streams_module.dependencies import LogDep
from app.services.context import WorkContext, work_context
from app.services.rate_limits import network_of
from app.utils.module import Modules


@dataclass(frozen=True, slots=True)
class SignInService:
    """Signs in with the dependencies of a request."""

    container: ContainerDep
    device: DeviceDep
    limits: LimitsDep
    sizes: SizesDep
    database: Db
    work: Work
    log: LogDep
    auth: Auth
    passwords: PasswordsDep
    failed_sign_ins: FailedSignInsDep
    revocations: RevocationsDep
    factors: Annotated[SecondFactors, service(SecondFactors)]

    async def by_password(self, login: str, password: str, device_token: str | None) -> SignedIn:
        """Opens a session with a password.

        Raises SecondFactorRequired, with a ticket, for an account with a second factor; WrongCredentials, RateLimited
        or TooManyPasswords.
        """
        tokens = await self.auth.tokens()
        attempt = Attempt(login, password, self.device.address, tokens.find_device(device_token))
        found = await check_credentials(self.database, self.passwords, self.limits, self.failed_sign_ins, attempt)
        password_hash, device = found.password_hash, DeviceClaim(found.account_id, found.device_id)
        if found.is_outdated:
            password_hash = await accounts.renew_hash(
                self.work, self.log, self.passwords, found.account_id, password_hash, password, found.device_id.hex
            )
        methods = await self._list_methods(device.account_id)
        if methods:
            # A renewed hash is kept, although the request is refused.
            work = self.work
            await work.commit()
            raise await self._refuse(methods, TicketClaim(device, stamp_of(password_hash)))
        return await self.finish(device, password_hash)

    async def by_grant(self, grant: Grant, fields: Mapping[str, str], device_token: str | None) -> SignedIn:
        """Opens a session with what a module accepts in place of a password.

        Raises SecondFactorRequired, with a ticket, for an account with a second factor; RateLimited; or what the grant
        raises.
        """
        network, tokens = network_of(self.device.address), await self.auth.tokens()
        self.limits.hit(SIGN_IN_ADDRESS, network)
        proven = await grant.prove(await self._context(), fields, network)
        account = await find_account(self.work.session, proven.account_id)
        if account is None:
            raise WrongCredentials
        device = known_device(tokens, account.id, device_token)
        methods = await self._list_methods(account.id)
        if methods:
            # What the grant has changed, such as a new identity of the account, is not kept: it comes with the factor.
            raise await self._refuse(
                methods, TicketClaim(device, stamp_of(account.password_hash), grant.name, dict(fields))
            )
        return await self.finish(replace(device, origin=proven.origin), account.password_hash)

    async def _list_methods(self, account_id: UUID) -> list[str]:
        return await self.factors.list_methods(await self.work.raw(), account_id)

    async def _refuse(self, methods: list[str], claim: TicketClaim) -> SecondFactorRequired:
        """Returns the refusal, with a ticket that is valid as long as the account has its password."""
        ticket = (await self.auth.tokens()).make_ticket(claim, datetime.now(UTC))
        return SecondFactorRequired(extra={"ticket": ticket, "methods": methods})

    async def read_ticket(self, ticket: str) -> TicketClaim:
        """Returns the sign-in that lacks the second factor. Only its signature is verified. Raises InvalidToken."""
        return (await self.auth.tokens()).read_ticket(ticket)

    async def lock(self, claim: TicketClaim) -> None:
        """Locks the account of a ticket. Raises InvalidToken if it was erased or its password was changed since."""
        grant = self._find_grant(claim)
        if grant is not None and grant.lock is not None:
            await grant.lock(await self._context(), claim.fields)
        # A change of the password, which ends the sessions, comes before this or after the new session.
        await self.log.lock(self.work, accounts=[claim.device.account_id])
        account = await find_account(self.work.session, claim.device.account_id)
        if account is None or stamp_of(account.password_hash) != claim.stamp:
            raise InvalidToken

    async def complete(self, claim: TicketClaim) -> SignedIn:
        """Opens a session after the second factor. Raises InvalidToken if the grant is no longer valid."""
        grant = self._find_grant(claim)
        if grant is None:
            return await self.finish(claim.device)
        try:
            proven = await grant.prove(await self._context(), claim.fields, network_of(self.device.address))
        except grant.refuses as error:
            raise InvalidToken from error
        if proven.account_id != claim.device.account_id:
            raise InvalidToken
        return await self.finish(replace(claim.device, origin=proven.origin))

    async def finish(self, device: DeviceClaim, password_hash: str | None = None) -> SignedIn:
        """Opens a session of an account whose owner has proven all that its factors demand.

        `password_hash`: the hash that the account had when its owner proved that. Raises WrongCredentials if the
        password was changed since.
        """
        tokens, account_id = await self.auth.tokens(), device.account_id
        pair = await sessions.open_session(
            self.work,
            self.log,
            tokens,
            self.revocations,
            account_id,
            self.device,
            limit=self.sizes.sessions_of_account,
            origin=device.origin,
            password_hash=password_hash,
        )
        # The account's stream is locked by now: what the hooks read is not changed before the session is there.
        await run_sign_in_hooks(self.work, self.container, account_id)
        return SignedIn(**pair.model_dump(), device_token=tokens.make_device(device, datetime.now(UTC)))

    def _find_grant(self, claim: TicketClaim) -> Grant | None:
        """Returns None for a sign-in with a password. Raises InvalidToken if the module of the grant is off."""
        if claim.grant is None:
            return None
        try:
            return grants_of(self.container.get(Modules))[claim.grant]
        except KeyError:
            raise InvalidToken from None

    async def _context(self) -> WorkContext:
        return await work_context(self.work, self.container, datetime.now(UTC))


SignInServiceDep = Annotated[SignInService, Depends()]
