"""Follows the events about the security of accounts, and writes to their owners about the grave ones."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from loguru import logger
from pydantic import BaseModel

from app.modules.accounts_module.extension import AccountHook
from app.modules.accounts_module.services.mailboxes import find_mail_address
from app.modules.jobs_module.extension import JobContext, Jobs
from app.modules.mail_module.extension import Letter, mail_job
from app.modules.security_mails_module.settings import SECURITY_MAILS
from app.modules.streams_module.extension import Event, Subscriber, SubscriberContext
from app.services.context import WorkContext
from app.services.errors import RateLimited
from app.services.rate_limits import RateLimits

# Signing in is none of them: it happens too often for a mail.
_GRAVE = (
    "security.password_changed",
    "security.factor_added",
    "security.factor_removed",
    "security.key_created",
    "security.identity_linked",
    "security.identity_removed",
)


class SecurityNotice(BaseModel):
    """A change that the owner of an account should know of. `key_of`: `account`, or `bot` for a bot's key."""

    account_id: UUID
    kind: str
    factor: str = ""
    provider: str = ""
    key_of: str = "account"
    at: datetime


async def _enqueue(context: SubscriberContext, events: Sequence[Event]) -> None:
    """Enqueues a mail for each event, in the transaction of the subscriber's cursor: each is sent once."""
    limits, jobs = context.container.get(RateLimits), context.container.get(Jobs)
    for event in events:
        # Only the events of keys have it. A bot's key is announced to the owner of the bot.
        is_of_bot = event.data.get("account_id") not in (None, str(event.stream_id))
        try:
            limits.hit(SECURITY_MAILS, event.stream_id.int)
        except RateLimited:
            logger.warning("account {} has reached its limit of mails about its security", event.stream_id)
            continue
        notice = SecurityNotice(
            account_id=event.stream_id,
            kind=event.kind.removeprefix("security."),
            factor=str(event.data.get("factor", "")),
            provider=str(event.data.get("provider", "")),
            key_of="bot" if is_of_bot else "account",
            at=event.at,
        )
        await jobs.enqueue(context.work, NOTIFY, notice, owner_id=event.stream_id)


async def _compose(context: JobContext, notice: SecurityNotice) -> Letter | None:
    async with context.unit_of_work() as work:
        address = await find_mail_address(work, notice.account_id)
    if address is None:
        return None
    values = notice.model_dump(include={"factor", "provider", "key_of", "at"})
    return Letter(address, notice.kind, values, account_id=notice.account_id)


async def _erase(context: WorkContext, account_id: UUID) -> None:
    """Deletes mails that could not be sent: the error of the mail server contains the address."""
    await context.container.get(Jobs).remove(context.work, NOTIFY, account_id)


FOLLOW = Subscriber("security_mails", _GRAVE, _enqueue)
NOTIFY = mail_job("security_mails.notify", SecurityNotice, Path(__file__).with_name("templates"), _compose)
ERASE_MAILS = AccountHook.at_once("security_mails", _erase)
