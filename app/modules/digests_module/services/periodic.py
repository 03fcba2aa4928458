"""The job of every minute, and what happens to the rows of accounts and chats that end."""

from datetime import timedelta
from uuid import UUID

from app.modules.accounts_module.extension import AccountHook, Erasure
from app.modules.chats_module.extension import ChatPurge
from app.modules.digests_module.db.cruds.choosing import DELETE_OF_ACCOUNT, PURGES
from app.modules.digests_module.services.choosing import choose
from app.modules.digests_module.services.finding import find_unread
from app.modules.digests_module.services.mailing import SEND
from app.modules.jobs_module.extension import Job, JobContext, Jobs, Nothing, Schedule
from app.modules.mail_module.settings import MailSettings
from app.services.context import WorkContext


async def _run(context: JobContext, _: Nothing) -> None:
    """Finds unread messages and enqueues the mails that are due. Without a mail server it does nothing."""
    if context.container.get(MailSettings).server is not None:
        await choose(context, await find_unread(context))


async def _erase(context: WorkContext, account_id: UUID, _: Erasure, limit: int) -> bool:
    """Deletes also mails that could not be sent: the error of the mail server contains the address."""
    await context.container.get(Jobs).remove(context.work, SEND, account_id)
    return len(await context.connection.fetch(DELETE_OF_ACCOUNT, account_id, limit)) == limit


FIND = Job("digests.find", Nothing, _run, timeout_s=120.0)
EVERY_MINUTE = Schedule(FIND, timedelta(minutes=1))
PURGE = ChatPurge.of_rows("digests", *PURGES)
DIGESTS_OF_ACCOUNT = AccountHook("digests", _erase)
