"""Without the module nothing of it is left. Without another one, what was scheduled with its field still works."""

from typing import Any
from uuid import UUID, uuid4

import orjson

from app.commands.generated import openapi_text
from app.modules.schedules_module.module import module
from app.modules.schedules_module.schemas import schedule_models
from app.modules.schedules_module.services.scheduling import digest_of
from app.modules.schedules_module.tests.scheduling import after, bring_forward, path_of, schedule, scheduled_of
from app.settings import Settings
from app.utils.container import Container
from app.utils.setup_modules import enabled_modules
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok
from tests.servers import without

_ADD_UNKNOWN = """
UPDATE scheduled_message SET body = (body::jsonb || '{"field_of_a_module": 1}')::json
"""


async def stored_bodies(container: Container) -> list[dict[str, Any]]:
    return [orjson.loads(row["body"]) for row in await rows(container, "SELECT body FROM scheduled_message")]


def test_a_server_without_schedules_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    assert "schedule" not in openapi_text(without(base_settings, "schedules")).lower()


async def test_a_message_with_the_field_of_a_module_that_was_switched_off_is_sent_after_an_edit(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    await rows(container, _ADD_UNKNOWN)
    assert await bring_forward(container, anna, scheduled)

    async def has_failed() -> bool:
        (found,) = await scheduled_of(anna, club)
        return bool(found["state"] == "failed")

    await eventually(has_failed)
    edited = ok(await anna.patch(path_of(club, scheduled), {"send_at": after()}))
    assert (edited["state"], edited["text"]) == ("waiting", "Раз")
    assert await stored_bodies(container) == [{"text": "Раз"}]


async def test_a_message_that_waits_keeps_the_field_of_a_module_that_was_switched_off(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    await rows(container, _ADD_UNKNOWN)
    ok(await anna.patch(path_of(club, scheduled), {"text": "Два"}))
    assert await stored_bodies(container) == [{"text": "Два", "field_of_a_module": 1}]


def test_a_retry_is_recognized_after_a_module_that_adds_a_field_to_messages_was_switched_off() -> None:
    body = {"text": "Раз", "send_at": after()}
    enabled = [enabled_modules(["BASE", *absent]) for absent in ([], ["-threads"], ["-attachments"])]
    assert len({digest_of(schedule_models(modules).create.model_validate(body)) for modules in enabled}) == 1


async def test_a_retry_of_a_message_that_an_earlier_version_has_scheduled_is_recognized(
    anna: FakeClient, club: str, container: Container, settings: Settings
) -> None:
    body = {"text": "Раз", "send_at": after(), "client_msg_id": str(uuid4())}
    first = ok(await anna.post(path_of(club), body))
    request = schedule_models(enabled_modules(settings.modules.enabled_modules)).create.model_validate(body)
    digest = digest_of(request, exclude_defaults=False)
    await rows(container, "UPDATE scheduled_message SET digest = $1", digest)
    assert ok(await anna.post(path_of(club), body)) == first


async def test_doctor_finds_what_is_left_of_a_deleted_chat_unless_the_server_ends_it_later(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    await schedule(boris, club)
    (invariant,) = [one for one in module.invariants if "purged_at" in one.find]
    # As a process without the module leaves the chat.
    halt = "INSERT INTO subscriber_cursor (stream_id, subscriber, seq, is_halted) VALUES ($1, 'schedules', 1, true)"
    await rows(container, f"{halt} ON CONFLICT (stream_id, subscriber) DO UPDATE SET is_halted = true", boris.uuid)
    ok(await anna.delete(f"/chats/{club}/members/{boris.id}"))
    await rows(container, "UPDATE chat SET deleted_at = now(), purged_at = now()")
    assert await rows(container, invariant.find) == []
    await rows(container, invariant.fix[0], [UUID(club)])
    assert await rows(container, "SELECT FROM scheduled_message")
    await rows(container, "DELETE FROM event WHERE kind = 'chat.left'")
    assert [row["stream_id"] for row in await rows(container, invariant.find)] == [UUID(club)]
    await rows(container, invariant.fix[0], [UUID(club)])
    assert not await rows(container, "SELECT FROM scheduled_message")
