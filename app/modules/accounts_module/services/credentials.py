"""Checks a login and a password, for sign-in."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from app.adapters.db.database import Database
from app.modules.accounts_module.db.cruds.accounts import find_credentials
from app.modules.accounts_module.errors import WrongCredentials
from app.modules.accounts_module.services.failed_sign_ins import FailedSignIns
from app.modules.accounts_module.services.passwords import Passwords
from app.modules.accounts_module.services.second_factors import stamp_of
from app.modules.accounts_module.services.tokens import DeviceClaim
from app.modules.accounts_module.settings import SIGN_IN_ADDRESS
from app.services.rate_limits import RateLimits, network_of
from app.utils.canonical import canonical_login

_UNKNOWN_LOGINS = UUID("6f0c5c9a-1f0e-4a37-9d0e-2b8a3f6c1d54")
"""UUID namespace of the logins that no account has: failures are counted for them, too."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a client signs in with. `device` is proven by the device token of an earlier sign-in."""

    login: str
    password: str
    address: str
    device: DeviceClaim | None = None


class Credentials(NamedTuple):
    """The result of a successful check: the account, its stored hash, and the device that signs in."""

    account_id: UUID
    device_id: UUID
    password_hash: str
    is_outdated: bool


async def check_credentials(
    database: Database, passwords: Passwords, limits: RateLimits, failed_sign_ins: FailedSignIns, attempt: Attempt
) -> Credentials:
    """Returns the account that the login and the password belong to.

    Wrong passwords are counted per account, whether they come with its username or its email. A known device is counted
    separately, and so is a network that the account has signed in from. So a stranger can neither lock out the owner
    nor delay them. An unknown login is treated like any other. No database connection is held while the hash is
    computed.

    Raises WrongCredentials, RateLimited, or TooManyPasswords.
    """
    network = network_of(attempt.address)
    async with database.connection() as connection:
        row = await find_credentials(connection, attempt.login)
    account_id = UUID(str(row["id"])) if row else uuid5(_UNKNOWN_LOGINS, canonical_login(attempt.login)[0])
    device = attempt.device if attempt.device is not None and attempt.device.account_id == account_id else None
    limits.hit(SIGN_IN_ADDRESS, device.device_id.hex if device else network)
    known: UUID | None = None
    if device is not None:
        known = device.device_id
    elif row and network in map(network_of, row["addresses"]):
        known = uuid5(account_id, network)
    source = known.hex if known else network
    # Which devices an account knows is not stored: a new password begins a new count, instead of deleting theirs.
    subject = uuid5(known, stamp_of(row["password_hash"])) if row and known else account_id
    async with failed_sign_ins.turn(subject):
        counted = await failed_sign_ins.check(subject, account_id)
        verdict = await passwords.verify(attempt.password, row["password_hash"] if row else None, source)
        if row is None or not verdict.is_right:
            await failed_sign_ins.add(subject, until_success=row is not None and known is None)
            raise WrongCredentials
        await failed_sign_ins.forget(counted)
    device_id = device.device_id if device else uuid4()
    return Credentials(account_id, device_id, row["password_hash"], verdict.is_outdated)
