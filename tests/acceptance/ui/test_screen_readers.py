"""What a screen reader finds on the page while a dialog is open: nothing outside of the dialog."""

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient, eventually


async def _is_announced(eve: Reader, text: str) -> None:
    """Expects a text among those that a screen reader finds."""
    session = await eve.context.new_cdp_session(eve.page)

    async def is_found() -> bool:
        nodes = (await session.send("Accessibility.getFullAXTree"))["nodes"]
        return any(not node["ignored"] and node["name"]["value"] == text for node in nodes if "name" in node)

    await eventually(is_found)


async def test_what_is_said_about_a_change_is_announced_in_its_dialog(eve: Reader) -> None:
    settings = await eve.settings()
    await settings.locator("#bio").fill("Пишу письма")
    await settings.get_by_role("button", name="Save").click()
    await expect(eve.page.locator(".toast")).to_have_text("Saved")
    await _is_announced(eve, "Saved")


async def test_a_reply_of_another_user_is_announced_in_the_thread(eve: Reader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "Кто принесёт чай?")
    await eve.open("Двор")
    await eve.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(eve.page.get_by_label("Reply in the thread")).to_be_focused()
    await expect(eve.item("Двор")).to_contain_text("Анна: ")
    await anna.send(yard, "И сахар", root_seq=1)
    await expect(eve.page.get_by_role("dialog").locator('[data-seq="2"]')).to_be_visible()
    await _is_announced(eve, "Анна: И сахар")


async def test_a_message_is_announced_while_the_page_asks_a_question(eve: Reader, anna: FakeClient, yard: str) -> None:
    await eve.open("Двор")
    await eve.page.get_by_role("button", name="Members").click()
    await expect(eve.page.locator(".members strong")).to_have_count(2)
    await eve.page.get_by_role("button", name="Leave the chat").click()
    await expect(eve.page.get_by_text("Leave this chat?")).to_be_visible()
    await anna.send(yard, "Привет")
    await _is_announced(eve, "Анна: Привет")
