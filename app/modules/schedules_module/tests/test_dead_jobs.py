"""A scheduled message whose job is dead or gone is not left as it is: its author could do nothing with it."""

from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.messages_module.extension import Messages
from app.modules.messages_module.schemas import MessageCreate
from app.modules.schedules_module.db import INVARIANTS
from app.modules.schedules_module.services.sending import SEND
from app.modules.schedules_module.tests.scheduling import (
    after,
    bring_forward,
    path_of,
    schedule,
    scheduled_of,
    texts_of,
    until_ended,
)
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok


async def _kill(container: Container) -> None:
    """Lets the job of the only message end as if its process had ended during each attempt."""
    await rows(container, "UPDATE scheduled_message SET state = 'sending', send_at = now()")
    await rows(container, "UPDATE job SET attempts = $1, run_at = now() WHERE name = $2", SEND.max_attempts, SEND.name)


async def test_a_message_whose_job_is_dead_has_failed(anna: FakeClient, club: str, container: Container) -> None:
    scheduled = await schedule(anna, club, "Раз")
    await _kill(container)
    (failed,) = await until_ended(anna)
    assert (failed["id"], failed["code"]) == (scheduled["id"], "unavailable")
    (kept,) = await scheduled_of(anna, club)
    assert (kept["state"], kept["failure"]["code"]) == ("failed", "unavailable")
    ok(await anna.patch(path_of(club, kept), {"send_at": after()}))
    await bring_forward(container, anna, kept)
    await until_ended(anna, 2)
    assert await texts_of(anna, club) == ["Раз"]


async def test_a_message_that_was_sent_before_its_job_died_has_not_failed(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    request = MessageCreate(client_msg_id=UUID(scheduled["client_msg_id"]), text="Раз")
    await container.get(Messages).post(UUID(club), anna.uuid, request)  # type: ignore[type-abstract]
    await _kill(container)
    (sent,) = await until_ended(anna)
    assert sent["seq"] == 1
    assert await scheduled_of(anna, club) == []


async def test_a_message_whose_job_is_dead_is_repaired(anna: FakeClient, club: str, container: Container) -> None:
    """As a server without this rule has left it."""
    await schedule(anna, club, "Раз")
    await rows(container, "UPDATE scheduled_message SET state = 'sending', send_at = now()")
    await rows(container, "UPDATE job SET state = 'dead' WHERE name = $1", SEND.name)
    (invariant,) = INVARIANTS
    assert [row["stream_id"] for row in await rows(container, invariant.find)] == [anna.uuid]
    await rows(container, invariant.fix[0], [anna.uuid])
    await until_ended(anna)
    assert await texts_of(anna, club) == ["Раз"]


async def test_a_message_without_a_job_is_repaired(anna: FakeClient, club: str, container: Container) -> None:
    scheduled = await schedule(anna, club, "Забытое")
    async with open_unit_of_work(container.get(Database)) as work:
        await container.get(Jobs).cancel(work, SEND, scheduled["id"], anna.uuid)
    (invariant,) = INVARIANTS
    assert [row["stream_id"] for row in await rows(container, invariant.find)] == [anna.uuid]
    await rows(container, invariant.fix[0], [anna.uuid])
    assert await rows(container, invariant.find) == []
    assert await bring_forward(container, anna, scheduled)
    await until_ended(anna)
    assert await texts_of(anna, club) == ["Забытое"]
