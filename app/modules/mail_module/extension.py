"""Extension points of mail: kinds of mails, each of which is a job, and how an account wants them."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
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

Value: TypeAlias = "str | datetime | Sequence[Mapping[str, Value]]"
Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True)
class Letter:
    """A mail to one address.

    - `template`: file name without language and ending; `values` are its variables: texts, times, and lists of such
      mappings. `link` is the only name whose value mail programs may show as a link. In LOCAL without MAIL_URL they are
      logged, since there they are the only way to follow a link. A time is written in the time zone.
    - `language`, `time_zone`: else those of `account_id`, the account that the mail is written to (MailPreferences);
      else MAIL_LANGUAGE and UTC.
    - `unsubscribe`: where mail programs send a POST if their user wants no more mails of this kind (RFC 8058).
    """

    to: str
    template: str
    values: Values = field(default_factory=dict)
    language: str | None = None
    account_id: UUID | None = None
    time_zone: str | None = None
    unsubscribe: str | None = None


class Preferences(NamedTuple):
    """How an account wants its mails. None: it has chosen nothing."""

    language: str | None
    time_zone: str | None


@dataclass(frozen=True)
class MailPreferences:
    """Knows how an account wants its mails: `find(context, account_id)`."""

    name: str
    find: Callable[[Context, UUID], Awaitable[Preferences]]


class Mailer(ABC):
    """Sends mails. In the container."""

    @property
    @abstractmethod
    def is_on(self) -> bool:
        """False if mails are neither sent nor logged. A module may then do without a mail that it sends by itself."""

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
            await mailer.send(context.job_id, templates, await _as_preferred(context, letter))

    return Job(name, payload, run, max_attempts=_ATTEMPTS, timeout_s=60.0, backoff=_BACKOFF, lane=LANE)


async def _as_preferred(context: JobContext, letter: Letter) -> Letter:
    """Returns the letter with what its account has chosen and the letter itself leaves open."""
    if letter.account_id is None:
        return letter
    async with context.unit_of_work() as work:
        reading = Context(await work.raw(), context.container, context.at)
        for contributed in context.container.get(Modules).contributions(MailPreferences):
            language, time_zone = await contributed.find(reading, letter.account_id)
            letter = replace(letter, language=letter.language or language, time_zone=letter.time_zone or time_zone)
    return letter
