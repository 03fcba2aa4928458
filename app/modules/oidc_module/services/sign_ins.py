"""Finds or creates the account that a person at a provider signs in to: the grant `authorization_code`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import choice
from string import digits
from typing import Any
from uuid import UUID, uuid4

from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.errors import EmailTaken, SignUpClosed, UsernameTaken
from app.modules.accounts_module.extension import AddressProof, Grant, NewAccount, Proven
from app.modules.accounts_module.services.hooks import run_sign_up_hooks
from app.modules.accounts_module.services.mailboxes import find_by_mailbox
from app.modules.accounts_module.services.new_accounts import create_account
from app.modules.accounts_module.services.usernames import check_free, check_reserved
from app.modules.accounts_module.settings import SIGN_UP
from app.modules.oidc_module import db
from app.modules.oidc_module.errors import CodeInvalid, LinkRequired
from app.modules.oidc_module.schemas import Code, Verifier
from app.modules.oidc_module.services.identities import ORIGIN, add, find, note_use
from app.modules.oidc_module.services.pkce import challenge_of
from app.modules.oidc_module.services.vault import Vault
from app.modules.oidc_module.settings import OidcSettings
from app.modules.streams_module.services.log import Log
from app.services.context import WorkContext
from app.services.errors import ValidationFailed
from app.services.rate_limits import RateLimits
from app.settings.auth_settings import AuthSettings
from app.utils.module import Modules
from app.utils.secrets import hash_of

_ATTEMPTS = 20
_NO_NAME = "user"


async def use_code(work: UnitOfWork, code: str, verifier: str) -> Any:
    """Returns the row of a code, which is used up if the transaction commits. Raises CodeInvalid."""
    row = await db.use_code(await work.raw(), hash_of(code), challenge_of(verifier), datetime.now(UTC))
    if row is None:
        raise CodeInvalid
    await db.lock_subject(await work.raw(), row["issuer"], row["subject"])
    return row


async def _lock(context: WorkContext, fields: Mapping[str, str]) -> None:
    await db.lock_code(context.connection, hash_of(fields["code"]), challenge_of(fields["code_verifier"]))


async def _prove(context: WorkContext, fields: Mapping[str, str], network: str) -> Proven:
    """Returns the account that a person at a provider has, or may have by a verified address, or gets."""
    vault = context.container.get(Vault)
    await vault.prepare()
    said = await use_code(context.work, fields["code"], fields["code_verifier"])
    identity = await find(context.work, context.container.get(Log), said)
    if identity is not None:
        await note_use(context.connection, vault, identity, said)
        return Proven(identity["account_id"], f"{ORIGIN}:{identity['id']}")
    identity_id = uuid4()
    account_id = await _find_owner(context, said)
    if account_id is not None:
        await add(context.work, context.container.get(Log), account_id, identity_id, said)
    else:
        account_id = await _sign_up(context, said, identity_id, network)
    return Proven(account_id, f"{ORIGIN}:{identity_id}")


async def _find_owner(context: WorkContext, said: Any) -> UUID | None:
    """Returns the account with the address that the provider names. Raises LinkRequired unless both have verified it.

    Otherwise an attacker who types the address of another person into a provider, or into this server before that
    person comes, would share their account.
    """
    owner = await find_by_mailbox(context.work, said["email"]) if said["email"] is not None else None
    if owner is None:
        return None
    account_id = owner.id
    await context.container.get(Log).lock(context.work, accounts=[account_id])
    # It may have got another address meanwhile.
    owner = await find_by_mailbox(context.work, said["email"])
    is_owner = owner is not None and owner.id == account_id
    proofs = context.container.get(Modules).contributions(AddressProof)
    if not (
        is_owner and said["is_verified"] and any([await proof.is_verified(context, account_id) for proof in proofs])
    ):
        raise LinkRequired
    return account_id


async def _sign_up(context: WorkContext, said: Any, identity_id: UUID, network: str) -> UUID:
    """Creates an account. It has no password, and an address only if the provider has verified it."""
    auth = context.container.get(AuthSettings)
    provider = context.container.get(OidcSettings).providers.get(said["provider"])
    is_open = provider.sign_up if provider is not None else False
    if not (auth.sign_up != "closed" if is_open is None else is_open):
        raise SignUpClosed
    limits, log = context.container.get(RateLimits), context.container.get(Log)
    limits.hit(SIGN_UP, network)
    email = said["email"] if said["is_verified"] else None
    username = await _free_username(context.work, said["username"], auth.reserved_usernames)

    new = NewAccount(email, username, said["display_name"] or username, None)
    created = await create_account(context.work, log, new)
    if email is not None:
        for proof in context.container.get(Modules).contributions(AddressProof):
            await proof.note(context, created.id, email)
    await add(context.work, log, created.id, identity_id, said)
    await run_sign_up_hooks(context.work, context.container, created.id)
    return created.id


async def _free_username(work: UnitOfWork, proposal: str | None, reserved: tuple[str, ...]) -> str:
    """Returns the proposed username, with digits if it is taken. Raises UsernameTaken if no attempt was free.

    A reserved one would look official with digits, too: it is not used.
    """
    stem = proposal if proposal is not None and not _is_reserved(proposal, reserved) else _NO_NAME
    for attempt in range(_ATTEMPTS):
        is_plain = stem == proposal and attempt == 0
        username = stem if is_plain else f"{stem}{''.join(choice(digits) for _ in range(4))}"
        try:
            await check_free(work, username)
        except UsernameTaken:
            continue
        return username
    raise UsernameTaken


def _is_reserved(username: str, reserved: tuple[str, ...]) -> bool:
    try:
        check_reserved(username, reserved)
    except ValidationFailed:
        return True
    return False


GRANT = Grant(
    "authorization_code",
    {"code": Code, "code_verifier": Verifier},
    _prove,
    (CodeInvalid, LinkRequired, SignUpClosed, EmailTaken, UsernameTaken),
    _lock,
)
