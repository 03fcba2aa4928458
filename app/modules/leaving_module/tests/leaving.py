"""Calls about leaving."""

from datetime import timedelta
from typing import Any

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.leaving_module.services import END
from app.modules.streams_module.services.log import now
from app.utils.container import Container
from tests.busy import when_not_busy
from tests.databases import rows
from tests.fakers import PASSWORD, FakeClient, ok

PATH = "/accounts/me/deactivate"


async def leave(user: FakeClient, messages: str = "keep") -> dict[str, Any]:
    return ok(await when_not_busy(lambda: user.post(PATH, {"password": PASSWORD, "messages": messages})))


async def end_now(container: Container, user: FakeClient, ago: timedelta = timedelta()) -> None:
    """Lets the time to come back be over, for some time."""
    end = "UPDATE account_leaving SET erase_at = now() - $2::interval WHERE account_id = $1"
    await rows(container, end, user.uuid, ago)
    async with open_unit_of_work(container.get(Database)) as work:
        assert await container.get(Jobs).reschedule(work, END, user.id, now(), owner_id=user.uuid)
