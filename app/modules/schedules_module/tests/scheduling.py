"""Helpers of the tests: schedule a message, and wait for what becomes of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.adapters.db.database import Database
from app.adapters.db.unit_of_work import open_unit_of_work
from app.modules.jobs_module.extension import Jobs
from app.modules.schedules_module.services.sending import SEND
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok

LATER = timedelta(hours=1)


def after(delay: timedelta | float = LATER) -> str:
    """Returns the time after a delay, as clients write it."""
    return (datetime.now(UTC) + (delay if isinstance(delay, timedelta) else timedelta(seconds=delay))).isoformat()


def path_of(chat_id: str, scheduled: dict[str, Any] | None = None) -> str:
    return f"/chats/{chat_id}/scheduled" + (f"/{scheduled['id']}" if scheduled else "")


async def schedule(
    user: FakeClient, chat_id: str, text: str = "Потом", delay: timedelta | float = LATER, **fields: Any
) -> dict[str, Any]:
    return ok(await user.post(path_of(chat_id), {"text": text, "send_at": after(delay), **fields}))


async def scheduled_of(user: FakeClient, chat_id: str) -> list[dict[str, Any]]:
    return list(ok(await user.get(path_of(chat_id)))["items"])


async def texts_of(user: FakeClient, chat_id: str) -> list[str]:
    return [message["text"] for message in ok(await user.get(f"/chats/{chat_id}/messages"))["items"]]


async def events_of(user: FakeClient, *kinds: str) -> list[dict[str, Any]]:
    """Returns the data of the account's events about scheduled messages, of these kinds."""
    chosen = {f"scheduled.{kind}" for kind in kinds}
    return [event["data"] for event in await user.own_events() if event["kind"] in chosen]


async def until_ended(user: FakeClient, count: int = 1) -> Sequence[dict[str, Any]]:
    """Waits until so many messages were sent or have failed, and returns their events."""

    async def are_ended() -> bool:
        return len(await events_of(user, "sent", "failed")) >= count

    await eventually(are_ended)
    return await events_of(user, "sent", "failed")


async def bring_forward(container: Container, user: FakeClient, scheduled: dict[str, Any]) -> bool:
    """Makes the job of a message due now, as if its time had come. Returns False if it has none."""
    await make_due(container, scheduled)
    return await run(container, user, scheduled)


async def make_due(container: Container, scheduled: dict[str, Any]) -> None:
    """Changes the time of a message to a second ago. Its job does not run yet."""
    at = datetime.now(UTC) - timedelta(seconds=1)
    await rows(container, "UPDATE scheduled_message SET send_at = $2 WHERE id = $1", UUID(scheduled["id"]), at)


async def run(container: Container, user: FakeClient, scheduled: dict[str, Any]) -> bool:
    """Lets the job of a message run now. Returns False if it has none."""
    async with open_unit_of_work(container.get(Database)) as work:
        return await container.get(Jobs).reschedule(work, SEND, scheduled["id"], datetime.now(UTC), user.uuid)
