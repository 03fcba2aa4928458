"""The page under a finger: what is to be hit is large enough."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, ok

# What does not take a touch 19 px beside its centre. Links and spoilers in a text are as high as its lines.
_HARD_TO_HIT = """place => [...place.querySelectorAll('button, input, select, textarea, summary, .choice')]
    .filter(target => !target.matches('.text *, .choice input') && target.checkVisibility({ opacityProperty: true }))
    .filter(target => {
        target.scrollIntoView({ block: 'center' });
        const { left, top, width, height } = target.getBoundingClientRect();
        const isHit = (x, y) => target.contains(document.elementFromPoint(left + width / 2 + x, top + height / 2 + y));
        return ![[19, 0], [-19, 0], [0, 19], [0, -19]].every(([x, y]) => isHit(x, y));
    })
    .map(target => target.outerHTML.slice(0, 120))"""


@pytest.fixture
async def phone(browser: Browser, live_server: str, her: FakeClient) -> AsyncIterator[Reader]:
    """Eve with a phone."""
    reader = await Reader.open_signed_in(browser, live_server, her, locale="ru-RU", **PHONE)
    yield reader
    await reader.context.close()
    assert reader.complaints == []


async def _is_easy_to_hit(place: Locator) -> None:
    await expect(place).to_be_visible()
    assert await place.evaluate(_HARD_TO_HIT) == []


async def test_a_finger_hits_what_is_in_a_chat(phone: Reader, her: FakeClient, anna: FakeClient, yard: str) -> None:
    page = phone.page
    await anna.send(yard, "Кто идёт?")
    await anna.send(yard, "Я принесу чай", reply_to_seq=1)
    for emoji in ("👍", "🎉"):
        ok(await anna.put(f"/chats/{yard}/messages/1/reactions/{emoji}"))
    ok(await anna.put(f"/chats/{yard}/pins/2"))
    await anna.send(yard, "Иду", root_seq=1)
    ok(await anna.post(f"/chats/{yard}/messages/1/forward", {"to_chat_id": yard}))
    await phone.open("Двор")
    await expect(page.locator(".thread-link")).to_have_count(2)
    await expect(page.locator(".forwarded")).to_be_visible()
    await _is_easy_to_hit(page.locator(".conversation"))
    await phone.message("Кто идёт?").first.get_by_role("button", name="Действия с сообщением").click()
    await _is_easy_to_hit(page.get_by_role("menu"))
    await page.get_by_role("menu").get_by_text("Переслать", exact=True).click()
    await _is_easy_to_hit(page.get_by_role("dialog"))


async def test_a_finger_hits_what_is_in_the_list_of_chats_and_the_settings(phone: Reader, yard: str) -> None:
    assert yard
    page = phone.page
    await page.locator("#search").fill("Анна")
    await page.get_by_text("Фильтры").click()
    await _is_easy_to_hit(page.locator(".sidebar"))
    await page.locator("#search").fill("")
    await page.get_by_role("button", name="Упоминания").click()
    await _is_easy_to_hit(page.get_by_role("dialog"))
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Новый чат").click()
    await page.get_by_role("dialog").locator(".chat-item", has_text="Анна").click()
    await expect(page.locator(".chip")).to_be_visible()
    await _is_easy_to_hit(page.get_by_role("dialog"))
    await page.keyboard.press("Escape")
    await page.locator(".own").click()
    await expect(page.get_by_label("Уведомления на устройствах")).to_be_visible()
    await _is_easy_to_hit(page.get_by_role("dialog"))
