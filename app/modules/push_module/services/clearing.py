"""The job that clears the notifications of a chat that was read, or left, elsewhere."""

from uuid import UUID

from pydantic import BaseModel

from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.push_module.db import sending as db
from app.modules.push_module.services.planning import PLANNING
from app.modules.push_module.services.sending import SEND, ToDevice


class ReadChat(BaseModel):
    chat_id: UUID
    account_id: UUID


async def _clear(context: JobContext, read: ReadChat) -> None:
    jobs = context.container.get(Jobs)
    async with context.unit_of_work() as work:
        for subscription_id in await db.clear_read(await work.raw(), read.chat_id, read.account_id):
            device = ToDevice(account_id=read.account_id, subscription_id=subscription_id)
            await jobs.enqueue(work, SEND, device, key=str(subscription_id), owner_id=read.account_id)


CLEAR = Job("push.clear", ReadChat, _clear, lane=PLANNING.name)
