"""Payloads and lanes of the jobs. Each webhook has one job per stream that posts, so a slow stream delays no other."""

from uuid import UUID

from pydantic import BaseModel

from app.modules.jobs_module.extension import Lane, NewJob

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

    @property
    def new_job(self) -> NewJob:
        return NewJob(self, str(self.webhook_id), owner_id=self.account_id)
