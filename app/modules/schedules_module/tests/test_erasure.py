"""Scheduled messages of accounts whose erasure has begun."""

from app.modules.accounts_module.tests.erasing import begin
from app.modules.schedules_module.tests.scheduling import bring_forward, schedule, texts_of
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, eventually


async def test_nothing_is_sent_in_the_name_of_an_account_whose_erasure_has_begun(
    anna: FakeClient, boris: FakeClient, club: str, container: Container
) -> None:
    scheduled = await schedule(boris, club, "Поздно")
    await begin(container, boris)

    async def is_closed() -> bool:
        return bool(await rows(container, "SELECT FROM account WHERE erased_at IS NOT NULL"))

    await eventually(is_closed)
    assert await bring_forward(container, boris, scheduled)

    async def is_ended() -> bool:
        return await rows(container, "SELECT FROM scheduled_message WHERE state <> 'failed'") == []

    await eventually(is_ended)
    assert await texts_of(anna, club) == []
