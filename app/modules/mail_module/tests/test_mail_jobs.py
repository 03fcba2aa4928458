"""Mails as jobs, and `manage.py mail`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.unit_of_work import open_unit_of_work
from app.fastapi_engine.constructor import build_app
from app.modules.jobs_module.extension import JobContext, Lane
from app.modules.jobs_module.services.runner import Runner
from app.modules.jobs_module.tests.sample_jobs import enqueuing
from app.modules.mail_module.extension import LANE, Letter, mail_job
from app.modules.mail_module.tests.mailbox import Mailbox, with_mail
from app.settings import Settings, SettingsError
from app.utils.container import Container
from tests.manage import manage
from tests.servers import served


class _To(BaseModel):
    address: str | None


async def _compose(_: JobContext, to: _To) -> Letter | None:
    return Letter(to.address, "note") if to.address is not None else None


@pytest.fixture
def app(settings: Settings, mailbox: Mailbox) -> FastAPI:
    return build_app(with_mail(settings, mailbox))


@pytest.fixture
async def started(app: FastAPI) -> AsyncIterator[Container]:
    async with served(app):
        container: Container = app.state.container
        yield container


async def test_a_mail_that_is_deferred_arrives_later_with_the_same_id(
    started: Container, mailbox: Mailbox, tmp_path: Path
) -> None:
    (tmp_path / "note.en.txt").write_text("Note\n\nA note.\n")
    job = replace(mail_job("note", _To, tmp_path, _compose), backoff=(0.05,))
    mailbox.answers = ["451 greylisted", "421 busy"]
    here = enqueuing(started, job)
    async with Runner(here.database, started, here.jobs, [Lane(LANE, 2)]).working():
        for address in (None, "anna@example.com"):
            async with open_unit_of_work(here.database) as work:
                job_id = await here.jobs.enqueue(work, job, _To(address=address))
        await mailbox.wait_for(1)
    assert (mailbox.offered, mailbox.mails[0]["Message-ID"]) == (3, f"<{job_id}@example.org>")


async def test_a_mail_is_tried_for_24_hours(tmp_path: Path) -> None:
    job = mail_job("note", _To, tmp_path, _compose)
    pauses = sum(job.pause_after(attempt) for attempt in range(1, job.max_attempts))
    assert timedelta(hours=24) <= timedelta(seconds=pauses) < timedelta(hours=25)


async def test_an_operator_sends_a_test_mail(mailbox: Mailbox, database_address: DatabaseAddress) -> None:
    variables = {"MAIL_URL": f"smtp://127.0.0.1:{mailbox.port}", "MAIL_FROM": "chat@example.org", "MAIL_LANGUAGE": "ru"}
    done = await manage(database_address, "mail", "test", "anna@example.com", **variables)
    assert (done.exit_code, mailbox.mails[0]["Subject"]) == (0, "Проверка почты")
    mailbox.answers = ["550 not you"]
    done = await manage(database_address, "mail", "test", "anna@example.com", **variables)
    assert (done.exit_code, done.stderr) == (1, "not sent: MailRefused: 550 not you\n")
    assert (await manage(database_address, "mail", "test", "no address", **variables)).exit_code == 2
    assert (await manage(database_address, "mail", "test", "anna@example.com")).exit_code == 2
    refused = await manage(database_address, "mail", "test", "anna@example.com", MAIL_URL="smtp://u:secret@host:port")
    assert isinstance(refused.exception, SettingsError)
    assert str(refused.exception).startswith("MAIL_URL: must be smtp://")
    assert "secret" not in str(refused.exception)
