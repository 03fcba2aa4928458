"""Addresses: verified ones, and changes that wait for a confirmation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.accounts_module.extension import AccountHook, AccountPart, AddressProof, SignUpHook
from app.modules.accounts_module.schemas import Email
from app.modules.accounts_module.services.accounts import list_existing_accounts
from app.modules.accounts_module.services.mailboxes import (
    announce_change,
    change_email,
    find_by_mailbox,
    find_mail_address,
)
from app.modules.base_module.schemas import NOT_NULL
from app.modules.jobs_module.extension import Jobs
from app.modules.mail_module.extension import Mailer
from app.modules.recovery_module.db.cruds import mailboxes, tokens
from app.modules.recovery_module.errors import LinkExpired
from app.modules.recovery_module.services.mails import CONFIRM, NOTIFY, RESET, Confirmation, Notice, send_soon
from app.modules.recovery_module.services.sign_ups import complete
from app.modules.recovery_module.settings import VERIFY_EMAIL
from app.modules.streams_module.services.log import Log, now
from app.services.context import Context, WorkContext
from app.services.rate_limits import RateLimits
from app.utils.canonical import canonical_email
from app.utils.container import Container
from app.utils.secrets import hash_of


async def send_confirmation(work: UnitOfWork, jobs: Jobs, account_id: UUID) -> None:
    """Sends the mail that confirms the pending address, or else the account's own if it is not verified."""
    email = await find_mail_address(work, account_id)
    mailbox = await mailboxes.find_mailbox(await work.raw(), account_id)
    if mailbox is not None:
        email = mailbox["pending_email"] or (None if mailbox["is_verified"] else email)
    if email is not None:
        await _enqueue(work, jobs, account_id, email)


async def confirm(work: UnitOfWork, log: Log, jobs: Jobs, container: Container, token: str) -> None:
    """Confirms the address that the token was sent to.

    A pending address becomes the account's, and a sign-up that waited for it becomes an account. Raises LinkExpired;
    EmailTaken for an address that another account has by now; UsernameTaken; or SignUpClosed.
    """
    raw = await work.raw()
    used = await tokens.use(raw, hash_of(token), "confirm", now())
    if used is None:
        if await complete(work, log, container, token):
            return
        raise LinkExpired
    account_id, email = used["account_id"], used["email"]
    await log.lock(work, accounts=[account_id])
    if not await list_existing_accounts(raw, {account_id}):
        raise LinkExpired
    current = await find_mail_address(work, account_id)
    if current != email:
        mailbox = await mailboxes.find_mailbox(raw, account_id)
        if mailbox is None or mailbox["pending_email"] != email:
            raise LinkExpired
        await change_email(work, account_id, email)
        if current is not None:
            await _notify(work, jobs, account_id, current, "changed")
    await note_verified(raw, account_id, email, now())
    await announce_change(work, log, account_id)


async def note_verified(connection: DatabaseConnection, account_id: UUID, email: str, at: datetime) -> None:
    """Notes that the owner of the account owns this mailbox."""
    await mailboxes.set_verified(connection, account_id, canonical_email(email), email, at)


async def _is_verified(context: Context, account_id: UUID) -> bool:
    mailbox = await mailboxes.find_mailbox(context.connection, account_id)
    return mailbox is not None and bool(mailbox["is_verified"])


async def _note(context: WorkContext, account_id: UUID, email: str) -> None:
    await note_verified(context.connection, account_id, email, context.at)


async def _keep(context: WorkContext, account_id: UUID) -> None:
    if await mailboxes.drop_pending(context.connection, account_id):
        await announce_change(context.work, context.container.get(Log), account_id)


async def _enqueue(work: UnitOfWork, jobs: Jobs, account_id: UUID, email: str) -> None:
    confirmation = Confirmation(account_id=account_id, email=email)
    # Each spelling has a mail of its own: only that of the address as it was given is accepted.
    await send_soon(work, jobs, CONFIRM, confirmation, email, account_id)


async def _notify(work: UnitOfWork, jobs: Jobs, account_id: UUID, email: str, template: str) -> None:
    notice = Notice(email=email, template=template, account_id=account_id)
    await jobs.enqueue(work, NOTIFY, notice, owner_id=account_id)


async def _after_sign_up(context: WorkContext, account_id: UUID) -> None:
    if context.container.get(Mailer).is_on:  # type: ignore[type-abstract]
        await send_confirmation(context.work, context.container.get(Jobs), account_id)


async def _change(context: WorkContext, account_id: UUID, email: str) -> bool:
    """Remembers an address until it is confirmed. The account's own address ends the change that waits."""
    current = await find_mail_address(context.work, account_id)
    if email == current:
        return await mailboxes.drop_pending(context.connection, account_id)
    context.container.get(RateLimits).hit(VERIFY_EMAIL, account_id.int)
    jobs = context.container.get(Jobs)
    changed = await mailboxes.set_pending(context.connection, account_id, email)
    await _enqueue(context.work, jobs, account_id, email)
    if changed and current is not None:
        await _notify(context.work, jobs, account_id, current, "change_requested")
    return changed


async def _describe_verified(context: Context, _: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    found = await mailboxes.list_mailboxes(context.connection, account_ids)
    return {account_id: mailbox["is_verified"] for account_id, mailbox in found.items()}


async def _describe_pending(context: Context, _: UUID, account_ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    found = await mailboxes.list_mailboxes(context.connection, account_ids)
    return {account_id: mailbox["pending_email"] for account_id, mailbox in found.items()}


async def _erase(context: WorkContext, account_id: UUID) -> None:
    """Deletes the addresses of the account, also those in mails that are to be sent or could not be sent."""
    jobs = context.container.get(Jobs)
    for job in (CONFIRM, NOTIFY):
        await jobs.remove(context.work, job, account_id)
    addresses = await tokens.delete_of_account(context.connection, account_id)
    verified = await mailboxes.delete(context.connection, account_id)
    for key in {canonical_email(email) for email in addresses} | ({verified} if verified else set()):
        # Another account may have the address by now.
        if await find_by_mailbox(context.work, key) is None:
            await jobs.remove(context.work, RESET, RESET.owner_of(key))


_IS_VERIFIED = Annotated[bool, Field(description="true if a mail to `email` was confirmed", examples=[True])]
_PENDING = Annotated[
    str | None,
    Field(description="the address that replaces `email` when it is confirmed", examples=["anna@new.example.com"]),
]
_EMAIL = Annotated[Email, NOT_NULL]
SIGN_UP = SignUpHook("recovery", _after_sign_up)
VERIFIED = AccountPart("email_verified", _IS_VERIFIED, empty=False, describe=_describe_verified, is_own=True)
PENDING = AccountPart("pending_email", _PENDING, describe=_describe_pending, is_own=True)
CHANGE = AccountPart("email", None, update=_EMAIL, apply=_change, is_own=True, needs_recent_sign_in=True)
PROOF = AddressProof("recovery", _is_verified, _note, _keep)
ERASE_MAILBOX = AccountHook.at_once("recovery", _erase)
