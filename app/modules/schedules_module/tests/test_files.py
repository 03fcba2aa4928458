"""Files of messages that are sent later than unused files are deleted."""

from datetime import timedelta
from uuid import UUID, uuid4

from app.adapters.db.database import Database
from app.modules.attachments_module.tests.uploading import begin, collect, ready
from app.modules.schedules_module.tests.scheduling import (
    bring_forward,
    path_of,
    schedule,
    scheduled_of,
    until_ended,
)
from app.utils.container import Container
from app.utils.module import Modules
from tests.fakers import FakeClient, eventually, ok, problem

IN_TWO_DAYS = timedelta(days=2)


async def expire(container: Container, attachment_id: str) -> None:
    """Lets the collector look at a file as if it had been uploaded a day ago. Waits until it has decided."""
    async with container.get(Database).connection() as connection:
        await connection.execute("UPDATE attachment SET expires_at = now() WHERE id = $1", UUID(attachment_id))
        await collect(container)

        async def is_decided() -> bool:
            due = "SELECT FROM attachment WHERE id = $1 AND expires_at <= now()"
            return not await connection.fetch(due, UUID(attachment_id))

        await eventually(is_decided)


async def test_a_file_is_kept_until_its_message_is_sent(anna: FakeClient, club: str, container: Container) -> None:
    file = (await ready(anna, b"12345"))["id"]
    scheduled = await schedule(anna, club, "", IN_TWO_DAYS, attachments=[file])
    for _ in range(2):
        await expire(container, file)
        assert ok(await anna.get(f"/attachments/{file}"))["state"] == "ready"
    assert await bring_forward(container, anna, scheduled)
    (sent,) = await until_ended(anna)
    message = ok(await anna.get(f"/chats/{club}/messages/{sent['seq']}"))
    assert [each["id"] for each in message["attachments"]] == [file]


async def test_a_file_is_kept_by_a_process_without_scheduled_messages(
    anna: FakeClient, club: str, container: Container
) -> None:
    file = (await ready(anna, b"12345"))["id"]
    await schedule(anna, club, "", IN_TWO_DAYS, attachments=[file])
    modules = container.get(Modules)
    container.replace(Modules, Modules(module for module in modules if module.name != "schedules"))
    await expire(container, file)
    container.replace(Modules, modules)
    assert ok(await anna.get(f"/attachments/{file}"))["state"] == "ready"


async def test_a_file_is_kept_for_a_message_that_its_author_can_try_again(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    file = (await ready(boris, b"12345"))["id"]
    scheduled = await schedule(boris, club, "", IN_TWO_DAYS, attachments=[file])
    ok(await anna.patch(f"/chats/{club}/members/{boris.id}", {"role": "reader"}))
    assert await bring_forward(container, boris, scheduled)
    await until_ended(boris)
    await expire(container, file)
    assert ok(await boris.get(f"/attachments/{file}"))["state"] == "ready"


async def test_edits_and_cancellations_release_the_file(anna: FakeClient, club: str, container: Container) -> None:
    files = [(await ready(anna, b"12345"))["id"] for _ in range(3)]
    edited = await schedule(anna, club, "Без файла", IN_TWO_DAYS, attachments=[files[0]])
    ok(await anna.patch(path_of(club, edited), {"attachments": [files[1]]}))
    cancelled = await schedule(anna, club, "Отменится", IN_TWO_DAYS, attachments=[files[2]])
    ok(await anna.delete(path_of(club, cancelled)))
    for file in files:
        await expire(container, file)
    found = [(await anna.get(f"/attachments/{file}")).status_code for file in files]
    assert found == [404, 200, 404]


async def test_files_that_could_not_be_sent_now_are_not_scheduled(
    anna: FakeClient, boris: FakeClient, club: str
) -> None:
    foreign, unfinished = (await ready(boris, b"12345"))["id"], (await begin(anna, 10))[1:]
    sent = (await ready(anna, b"12345"))["id"]
    await anna.send(club, "", attachments=[sent])
    for file, status, code in (
        (str(uuid4()), 404, "not_found"),
        (foreign, 404, "not_found"),
        (unfinished, 409, "attachment_not_ready"),
        (sent, 409, "attachment_taken"),
    ):
        body = {"text": "", "send_at": "2100-01-01T00:00:00Z", "attachments": [file]}
        problem(await anna.post(path_of(club), body), status, code)
    assert await scheduled_of(anna, club) == []
