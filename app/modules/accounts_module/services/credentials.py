"""Checking a login and a password."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds.accounts import find_credentials
from app.modules.accounts_module.errors import WrongCredentials
from app.modules.accounts_module.services.guesses import Guesses
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.tokens import DeviceClaim
from app.services.errors import RateLimited
from app.services.rate_limits import RateLimits, network_of
from app.utils.canonical import canonical_login

_NOBODY = UUID("6f0c5c9a-1f0e-4a37-9d0e-2b8a3f6c1d54")
"""The namespace of logins that no account has."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a client signs in with. `device` is what it proves to be by the token of an earlier sign-in."""

    login: str
    password: str
    address: str
    device: DeviceClaim | None = None


class Credentials(NamedTuple):
    """What the right password was found by, and the device that it came from."""

    account_id: UUID
    device_id: UUID
    password_hash: str
    is_outdated: bool


async def check_credentials(
    database: Database, passwords: Passwords, limits: RateLimits, guesses: Guesses, attempt: Attempt
) -> Credentials:
    """Returns the account that the login and the password belong to.

    Wrong passwords count for the account, whichever of its names they came with. A known device is counted by itself,
    and so is a network that the account has signed in from, once others have used up the tries: a stranger keeps no
    owner out. A login that no account has is treated like any other. No connection is held while the hash is computed.

    Raises WrongCredentials, RateLimited, or TooManyPasswords.
    """
    async with database.connection() as connection:
        row = await find_credentials(connection, attempt.login)
    account_id = UUID(str(row["id"])) if row else uuid5(_NOBODY, canonical_login(attempt.login)[0])
    device = attempt.device if attempt.device is not None and attempt.device.account_id == account_id else None
    source = device.device_id.hex if device else network_of(attempt.address)
    limits.hit(limits.rates.sign_in_address, "sign-in from", source)
    subject = device.device_id if device else account_id
    async with guesses.turn(subject):
        try:
            await guesses.check(subject)
        except RateLimited:
            network = None if device else await guesses.find_known_network(account_id, attempt.address)
            if network is None:
                raise
            subject = network
            await guesses.check(subject)
        verdict = await passwords.verify(attempt.password, row["password_hash"] if row else None, source)
        if row is None or not verdict.is_right:
            await guesses.add(subject, keep=row is not None and subject == account_id)
            raise WrongCredentials
        await guesses.forget(subject, account_id)
    device_id = device.device_id if device else uuid4()
    return Credentials(account_id, device_id, row["password_hash"], verdict.is_outdated)
