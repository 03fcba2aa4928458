"""Enqueues the jobs of webhooks. Each webhook has one job per stream that posts, so a slow stream delays no other."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel

from app.adapters.db.sql import read_clock
from app.adapters.db.unit_of_work import UnitOfWork
from app.modules.jobs_module.extension import Job, Jobs, Lane, NewJob
from app.modules.webhooks_module.services.activity import KNOWN_AFTER

POSTING = Lane("webhooks", 32)
"""Receivers may hang. No other job waits for them."""
SWEEPING = Lane("webhooks sweep", 2)
"""Every hour it has a job for each webhook. No other job waits for them."""


class ToPost(BaseModel):
    """The payload of a job that posts the next events of a stream."""

    account_id: UUID
    webhook_id: UUID
    stream_id: UUID

    @property
    def key(self) -> str:
        return f"{self.webhook_id}:{self.stream_id}"

    @property
    def new_job(self) -> NewJob:
        """Returns the job with this payload. Each webhook has one that waits per stream."""
        return NewJob(self, self.key, owner_id=self.account_id)


class ToCatchUp(BaseModel):
    """The payload of a job that looks for events that no job posts."""

    account_id: UUID
    webhook_id: UUID


async def wake(work: UnitOfWork, jobs: Jobs, job: Job, to_post: ToPost) -> None:
    """Runs the job that posts the next events of a stream at once, also if it waits for its next attempt."""
    if not await jobs.reschedule(work, job, to_post.key, owner_id=to_post.account_id):
        await jobs.enqueue(work, job, *to_post.new_job)


async def catch_up_soon(work: UnitOfWork, jobs: Jobs, job: Job, account_id: UUID, webhook_id: UUID) -> None:
    """Looks for events now, and once more when all processes know that the webhook is active.

    Until then a process may pass over events without looking for webhooks.
    """
    payload, key = ToCatchUp(account_id=account_id, webhook_id=webhook_id), str(webhook_id)
    await jobs.enqueue(work, job, payload, key=key, owner_id=account_id)
    again, again_at = f"{key}:again", await read_clock(await work.raw()) + timedelta(seconds=KNOWN_AFTER)
    if not await jobs.reschedule(work, job, again, again_at, owner_id=account_id):
        await jobs.enqueue(work, job, payload, key=again, run_at=again_at, owner_id=account_id)
