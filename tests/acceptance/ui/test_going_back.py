"""The way back on a phone, where the page shows one half at a time and an installed one has no address bar."""

from playwright.async_api import expect

from tests.browsers import Reader
from tests.fakers import FakeClient

# As the service worker sends it when a notification is clicked.
_CLICK_NOTIFICATION = """chatId => navigator.serviceWorker.dispatchEvent(
    new MessageEvent('message', { data: { kind: 'open', chatId } }))"""


async def test_the_back_button_of_the_phone_leaves_the_list_of_chats_after_that_of_the_page(phone: Reader) -> None:
    entries = await phone.page.evaluate("history.length")
    for _ in range(2):
        await phone.open("Двор")
        await phone.page.get_by_role("button", name="Back to chats").click()
        await expect(phone.item("Двор")).to_be_visible()
    # One entry for the chat, which is ahead now.
    assert await phone.page.evaluate("history.length") == entries + 1
    await phone.page.go_back()
    assert phone.page.url == "about:blank"


async def test_the_page_goes_back_to_the_list_over_all_that_was_opened_since(
    phone: Reader, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто идёт?")
    await anna.send(yard, "Я", root_seq=1)
    await anna.send(yard, "И я", root_seq=1, reply_to_seq=2)
    await phone.open("Двор")
    await phone.page.locator('[data-seq="1"] .thread-link').click()
    await phone.page.get_by_role("dialog").locator(".quote").click()
    await expect(phone.page.get_by_role("dialog")).to_have_count(0)
    assert phone.page.url.endswith(f"/{yard}/2")
    await phone.page.get_by_role("button", name="Back to chats").click()
    await expect(phone.item("Двор")).to_be_visible()
    await phone.page.go_back()
    assert phone.page.url == "about:blank"


async def test_a_chat_that_was_opened_by_its_address_leads_back_to_the_list(phone: Reader, yard: str) -> None:
    await phone.page.goto("about:blank")
    await phone.page.goto(f"{phone.address}/ui/#/{yard}")
    await expect(phone.composer).to_be_visible()
    await phone.page.get_by_role("button", name="Back to chats").click()
    await expect(phone.item("Двор")).to_be_visible()
    await phone.page.go_back()
    assert phone.page.url == "about:blank"


async def test_a_chat_that_a_notification_has_opened_leads_back_to_the_list(phone: Reader, yard: str) -> None:
    await phone.page.evaluate(_CLICK_NOTIFICATION, yard)
    await expect(phone.composer).to_be_visible()
    await phone.page.get_by_role("button", name="Back to chats").click()
    await expect(phone.item("Двор")).to_be_visible()
    await phone.page.go_back()
    assert phone.page.url == "about:blank"


async def test_going_back_closes_the_dialogs_of_the_chat(phone: Reader) -> None:
    await phone.open("Двор")
    await phone.page.get_by_role("button", name="Members").click()
    await expect(phone.page.get_by_role("dialog")).to_be_visible()
    await phone.page.go_back()
    await expect(phone.item("Двор")).to_be_visible()
    await expect(phone.page.get_by_role("dialog")).to_have_count(0)


async def test_going_back_closes_the_menu_of_a_message(phone: Reader, anna: FakeClient, yard: str) -> None:
    await anna.send(yard, "Кто идёт?")
    await phone.open("Двор")
    await phone.message("Кто идёт?").get_by_role("button", name="Actions for the message").click()
    await expect(phone.page.get_by_role("menu")).to_be_visible()
    await phone.page.go_back()
    await expect(phone.item("Двор")).to_be_visible()
    await expect(phone.page.get_by_role("menu")).to_have_count(0)


async def test_the_focus_follows_into_the_chat_and_back_to_it_in_the_list(
    phone: Reader, her: FakeClient, anna: FakeClient
) -> None:
    await anna.send(await anna.open_chat(her, title="Сад"), "Яблоки поспели")
    await phone.item("Двор").focus()
    await phone.page.keyboard.press("Enter")
    await expect(phone.page.get_by_role("region", name="Messages")).to_be_focused()
    back = phone.page.get_by_role("button", name="Back to chats")
    await back.focus()
    await phone.page.keyboard.press("Enter")
    await expect(phone.item("Двор")).to_be_focused()
