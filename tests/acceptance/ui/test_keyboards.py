"""The page on a phone whose keyboard covers half of the screen: the window is so much lower then."""

from playwright.async_api import Browser, ViewportSize, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient

UPRIGHT: ViewportSize = {"width": 390, "height": 450}
SIDEWAYS: ViewportSize = {"width": 844, "height": 200}
SMALL: ViewportSize = {"width": 320, "height": 568}
LINES = "\n".join(f"Строка {number}" for number in range(20))


async def test_a_long_text_does_not_push_its_button_below_the_keyboard(
    phone: Reader, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Кто идёт?")
    await phone.open("Двор")
    send = phone.page.get_by_role("button", name="Send", exact=True)
    await phone.page.set_viewport_size(SIDEWAYS)
    await phone.composer.fill(LINES)
    await expect(send).to_be_in_viewport(ratio=1)
    await phone.composer.fill("")
    await phone.page.set_viewport_size(UPRIGHT)
    await phone.choose("Кто идёт?", "Reply in a thread")
    thread = phone.page.get_by_role("dialog", name="Thread")
    await thread.get_by_label("Reply in the thread").fill(LINES)
    await expect(thread.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    await expect(thread.get_by_text("Кто идёт?")).to_be_in_viewport()


async def test_people_are_shown_above_the_keyboard_while_their_name_is_typed(phone: Reader) -> None:
    await phone.page.get_by_role("button", name="New chat").click()
    field = phone.page.get_by_label("Find people")
    await field.focus()
    await phone.page.set_viewport_size(UPRIGHT)
    await field.press_sequentially("Анна")
    await expect(phone.page.get_by_role("dialog").locator(".chat-item", has_text="Анна")).to_be_in_viewport(ratio=1)
    await expect(field).to_be_in_viewport(ratio=1)


async def test_an_empty_message_is_one_line_high_on_a_small_phone(
    browser: Browser, live_server: str, her: FakeClient, yard: str
) -> None:
    assert yard
    small = {**PHONE, "viewport": SMALL}
    phone = await Reader.open_signed_in(browser, live_server, her, locale="ru-RU", **small)
    await phone.open("Двор")
    await phone.composer.fill("Я")
    of_one_line = await phone.composer.evaluate("field => field.offsetHeight")
    await phone.composer.fill("")
    assert await phone.composer.evaluate("field => field.offsetHeight") == of_one_line
    await phone.context.close()
