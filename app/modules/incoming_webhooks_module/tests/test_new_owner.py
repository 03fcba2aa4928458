"""A reset of the password ends webhooks from before the address was first verified."""

import httpx

from app.modules.bots_module.tests.bots import add, create_bot
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, hook_events, post, texts_of
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.passkeys_module.tests.test_new_owner import reset
from app.modules.recovery_module.tests.conftest import app  # noqa: F401 - the fixture of this file
from app.modules.recovery_module.tests.links import verify
from tests.fakers import FakeClient, eventually


async def test_a_stranger_who_knew_an_address_posts_no_more_in_the_name_of_its_owner(
    anna: FakeClient, boris: FakeClient, club: str, server: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    others = [await create_hook(anna, await anna.open_chat(boris)) for _ in range(2)]
    before = await create_hook(anna, club)
    bot = await create_bot(anna)
    await add(anna, club, bot, "admin")
    of_bot = await create_hook(bot, club)
    await verify(anna, mailbox)
    after = await create_hook(anna, club)
    await reset(anna, mailbox)

    async def have_ended() -> bool:
        return [(await post(server, hook, "Я Анна")).text for hook in (before, of_bot, *others)] == ["no_service"] * 4

    await eventually(have_ended)
    assert (await hook_events(boris, club))[-1] == (
        "incoming_webhook.deleted",
        {"chat_id": club, "id": before["id"], "actor_id": None},
    )
    assert (await post(server, after, "Готово")).text == "ok"
    assert (await texts_of(boris, club))[-1] == "Готово"
