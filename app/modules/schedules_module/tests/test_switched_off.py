"""Without the module nothing of it is left. Without another one, what was scheduled with its field still works."""

from app.commands.generated import openapi_text
from app.modules.schedules_module.schemas import schedule_models
from app.modules.schedules_module.services.scheduling import digest_of
from app.modules.schedules_module.tests.scheduling import after, bring_forward, path_of, schedule, scheduled_of
from app.settings import Settings
from app.utils.container import Container
from app.utils.setup_modules import enabled_modules
from tests.databases import rows
from tests.fakers import FakeClient, eventually, ok
from tests.servers import without


def test_a_server_without_schedules_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    assert "schedule" not in openapi_text(without(base_settings, "schedules")).lower()


async def test_a_message_with_the_field_of_a_module_that_was_switched_off_is_sent_after_an_edit(
    anna: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(anna, club, "Раз")
    unknown = """(body::jsonb || '{"field_of_a_module": 1}')::json"""
    await rows(container, f"UPDATE scheduled_message SET body = {unknown}")  # noqa: S608
    assert await bring_forward(container, anna, scheduled)

    async def has_failed() -> bool:
        (found,) = await scheduled_of(anna, club)
        return bool(found["state"] == "failed")

    await eventually(has_failed)
    edited = ok(await anna.patch(path_of(club, scheduled), {"send_at": after()}))
    assert (edited["state"], edited["text"]) == ("waiting", "Раз")


def test_a_retry_is_recognized_after_a_module_that_adds_a_field_to_messages_was_switched_off() -> None:
    body = {"text": "Раз", "send_at": after()}
    enabled = [enabled_modules(["BASE", *absent]) for absent in ([], ["-threads"], ["-attachments"])]
    assert len({digest_of(schedule_models(modules).create.model_validate(body)) for modules in enabled}) == 1
