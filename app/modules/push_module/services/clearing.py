"""The job that clears the notifications of a chat that was read, or left, elsewhere."""

from uuid import UUID

from pydantic import BaseModel

from app.modules.jobs_module.extension import Job, JobContext, Jobs
from app.modules.push_module.db.cruds import sending as crud
from app.modules.push_module.services.planning import PLANNING
from app.modules.push_module.services.sending import SEND, to_device


class ReadChat(BaseModel):
    chat_id: UUID
    account_id: UUID


async def _clear(context: JobContext, read: ReadChat) -> None:
    jobs = context.container.get(Jobs)
    async with context.unit_of_work() as work:
        devices = await crud.clear_read(await work.raw(), read.chat_id, read.account_id)
        await jobs.enqueue_all(work, SEND, [to_device(read.account_id, device) for device in devices])


CLEAR = Job("push.clear", ReadChat, _clear, lane=PLANNING.name)
