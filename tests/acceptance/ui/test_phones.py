"""The page on a phone: what fits there, and how large it is."""

import httpx
from playwright.async_api import Browser, expect

from app.modules.search_module.tests.searching import search
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient

_SIZES = """() => [...document.querySelectorAll('input, textarea, select')]
    .map(field => [field.id || field.name, parseFloat(getComputedStyle(field).fontSize)])"""

# Elements that are wider than the screen, or whose content is and is not cut.
_TOO_WIDE = """place => [...document.querySelector(place).querySelectorAll('*')]
    .filter(element => element.getBoundingClientRect().right > innerWidth
        || (element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX === 'auto'))
    .map(element => element.outerHTML.slice(0, 80))"""

_NARROWER_THAN_THEIR_CHOICES = """fields => fields.filter(field => {
    const width = field.offsetWidth;
    field.style.width = 'max-content';
    return field.offsetWidth > width;
}).map(field => field.name || field.id)"""


async def test_no_field_has_letters_so_small_that_an_iphone_zooms_the_page(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    reader = await Reader.open_window(browser, live_server, **PHONE)
    sizes: dict[str, float] = {}
    await reader.page.goto(f"{reader.address}/ui")
    sizes |= await reader.page.evaluate(_SIZES)
    await reader.sign_in(her.username)
    await anna.send(yard, "Кто принесёт чай?")
    await reader.open("Двор")
    await reader.choose("Кто принесёт чай?", "Reply in a thread")
    await expect(reader.page.get_by_label("Reply in the thread")).to_be_visible()
    sizes |= await reader.page.evaluate(_SIZES)
    await reader.context.close()
    assert {"login", "password", "search", "has", "after", "composer", "thread-text"} <= sizes.keys()
    assert [name for name, size in sizes.items() if size < 16] == []


async def test_a_name_that_is_one_long_word_fits(
    browser: Browser, live_server: str, server: httpx.AsyncClient, her: FakeClient
) -> None:
    longest = await FakeClient.sign_up(server, "w", "W" * 64)
    yard = await longest.open_chat(her, title="Двор")
    await longest.send(yard, "Привет")
    await longest.send(yard, "Ответ", reply_to_seq=1)
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    page = phone.page
    await phone.open("Двор")
    await expect(phone.message("Ответ").locator(".quote")).to_contain_text("W" * 64)
    await phone.choose("Привет", "Reply")
    await expect(page.locator(".target")).to_contain_text("W" * 64)
    await phone.composer.press_sequentially("@")
    await expect(page.get_by_role("option")).to_have_count(1)
    assert await page.evaluate(_TOO_WIDE, ".conversation") == []
    await page.get_by_role("button", name="Back to chats").click()
    await page.get_by_role("button", name="New chat").click()
    await page.get_by_role("dialog").locator(".chat-item", has_text="WWW").click()
    await expect(page.locator(".chip")).to_have_count(1)
    assert await page.evaluate(_TOO_WIDE, "dialog") == []
    await phone.context.close()


async def test_a_hit_by_a_sender_with_a_long_name_shows_the_found_words(
    browser: Browser, live_server: str, server: httpx.AsyncClient, her: FakeClient
) -> None:
    name = "Борис Достопочтенный-Преображенский из Санкт-Петербурга"
    longest = await FakeClient.sign_up(server, "longest", name)
    await longest.send(await longest.open_chat(her, title="Двор"), "Вчера вечером зажгли зелёный фонарь")
    await search(longest, "фонарь")
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    await phone.page.locator("#search").fill("фонарь")
    text = phone.page.get_by_role("list", name="Messages").locator(".preview")
    await expect(text).to_contain_text(f"{name}: Вчера")
    end = await text.evaluate("text => text.getBoundingClientRect().bottom")
    assert await text.locator("mark").evaluate("mark => mark.getBoundingClientRect().bottom") <= end
    await phone.context.close()


async def test_russian_choices_and_the_cross_of_a_search_in_one_chat_are_not_cut(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient
) -> None:
    await anna.open_chat(her, title="Книжный клуб «Война и мир» — обсуждаем по главам")
    phone = await Reader.open_signed_in(browser, live_server, her, locale="ru-RU", **PHONE)
    page = phone.page
    await phone.open("Книжный клуб")
    await page.get_by_role("button", name="Искать в этом чате").click()
    await page.locator("#search").fill("фонарь")
    await page.get_by_text("Фильтры").click()
    assert await page.locator(".filters select").evaluate_all(_NARROWER_THAN_THEIR_CHOICES) == []
    chip = page.locator(".only-here")
    await expect(chip).to_contain_text("по главам» ×")
    end = await chip.evaluate("chip => chip.getBoundingClientRect().right")
    cross = """chip => {
        const range = document.createRange();
        range.selectNodeContents(chip.lastChild);
        return range.getBoundingClientRect().right;
    }"""
    assert await chip.evaluate(cross) <= end <= 390
    await page.locator(".own").click()
    assert await page.get_by_label("Тема").evaluate_all(_NARROWER_THAN_THEIR_CHOICES) == []
    await phone.context.close()


async def test_the_title_of_a_chat_can_be_read_as_a_whole_however_long_its_words_are(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient
) -> None:
    await anna.open_chat(her, title="Превысокомногорассмотрительствующий рентгеноэлектрокардиографический клуб")
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    await phone.open("Превысокомногорассмотрительствующий")
    await phone.page.get_by_role("button", name="Members").click()
    title = phone.page.get_by_role("dialog").get_by_role("heading", name="клуб")
    await expect(title).to_be_visible()
    assert await title.evaluate("title => title.scrollWidth <= title.clientWidth")
    await phone.context.close()
