"""The page explains why the server has refused something."""

from playwright.async_api import expect

from app.modules.bots_module.tests.bots import create_bot
from tests.browsers import Reader
from tests.fakers import FakeClient, ok


async def test_the_page_explains_who_cannot_be_added_to_a_chat(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    ok(await boris.patch("/accounts/me", {"who_may_add": "nobody"}))
    await create_bot(anna, "chats:read", display_name="Погода")
    await her.open_chat(title="Двор")
    await eve.open("Двор")
    await eve.page.get_by_role("button", name="Members").click()
    for name, reason in (
        ("Борис", "One of these people does not allow others to add them to chats."),
        ("Погода", "A bot can only be added to a chat that its owner is in."),
    ):
        await eve.page.get_by_role("button", name="Add people").click()
        picker = eve.page.get_by_role("dialog", name="Add people")
        await picker.get_by_label("Find people").fill(name)
        await picker.locator(".chat-item", has_text=name).click()
        await picker.get_by_role("button", name="Add people").click()
        await expect(eve.page.locator(".toast").last).to_have_text(reason)
        await picker.get_by_role("button", name="Close").click()
    eve.ignore_complaints("403")
