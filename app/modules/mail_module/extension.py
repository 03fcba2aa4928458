"""Extension points of mail: kinds of mails, each of which is a job, and the language of an account."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.modules.jobs_module.extension import Job, JobContext
from app.services.context import Context
from app.utils.module import Modules

LANE = "mail"
_HOUR = 3600.0
_BACKOFF = (5.0, 30.0, 120.0, 600.0, 1800.0, _HOUR)
_ATTEMPTS = 30
"""With the pauses above the last one is 24 hours after the first."""


@dataclass(frozen=True)
class Letter:
    """A mail to one address.

    - `template`: file name without language and ending; `values` are its variables. In LOCAL without MAIL_URL they are
      logged, since there they are the only way to follow a link.
    - `language`: else that of `account_id` (MailLanguage), the account that the mail is written to; else MAIL_LANGUAGE.
    """

    to: str
    template: str
    values: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    account_id: UUID | None = None


@dataclass(frozen=True)
class MailLanguage:
    """Knows the language that an account has chosen: `find(context, account_id)` returns it, or None."""

    name: str
    find: Callable[[Context, UUID], Awaitable[str | None]]


class Mailer(ABC):
    """Sends mails. In the container."""

    @abstractmethod
    async def send(self, mail_id: UUID, templates: Path, letter: Letter) -> None:
        """Sends a mail, whose Message-ID is made of `mail_id`. Raises if it must be tried again later."""


Compose = Callable[[JobContext, Any], Awaitable[Letter | None]]


def mail_job(name: str, payload: type[BaseModel], templates: Path, compose: Compose) -> Job:
    """Returns a job that sends one mail. Enqueue it with `Jobs`, in the unit of work of its cause.

    - `templates`: folder with `<template>.<language>.txt`. The first line is the subject, blank lines separate
      paragraphs, a paragraph that is a link becomes a button of the HTML part.
    - `compose(context, payload)`: returns the mail, or None if none is to be sent any more. It is called at each
      attempt and must return the same letter each time: a mail that is sent twice after a crash has one Message-ID.

    Connection errors and refusals for the moment (4xx) are retried for 24 hours. A final refusal (5xx) ends the job.
    """

    async def run(context: JobContext, data: BaseModel) -> None:
        letter = await compose(context, data)
        if letter is not None:
            mailer = context.container.get(Mailer)  # type: ignore[type-abstract]
            await mailer.send(context.job_id, templates, await _in_language_of_account(context, letter))

    return Job(name, payload, run, max_attempts=_ATTEMPTS, timeout_s=60.0, backoff=_BACKOFF, lane=LANE)


async def _in_language_of_account(context: JobContext, letter: Letter) -> Letter:
    if letter.account_id is None or letter.language is not None:
        return letter
    async with context.unit_of_work() as work:
        reading = Context(await work.raw(), context.container, datetime.now(UTC))
        for contributed in context.container.get(Modules).contributions(MailLanguage):
            language = await contributed.find(reading, letter.account_id)
            if language is not None:
                return replace(letter, language=language)
    return letter
