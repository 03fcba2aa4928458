"""Finding a message on the page, and reading the messages around it."""

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from app.fastapi_engine.constructor import build_app
from app.modules.search_module.tests.searching import search
from app.settings import Settings
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, eventually, ok
from tests.servers import http_client, listening, without


@pytest.fixture
async def club(her: FakeClient, anna: FakeClient) -> str:
    """A long chat with one message to search for, and a short one with another."""
    club = str(ok(await anna.post("/chats", {"type": "group", "title": "Клуб", "member_ids": [her.id]}))["id"])
    for number in range(1, 201):
        await her.send(club, "🎉 Где зелёный фонарь? https://example.com" if number == 20 else f"сообщение {number}")
    other = ok(await anna.post("/chats", {"type": "group", "title": "Двор", "member_ids": [her.id]}))["id"]
    await anna.send(other, "Фонари во дворе горят")
    await search(anna, "фонарь")
    return club


async def test_a_found_message_is_shown_with_the_messages_around_it(eve: Reader, anna: FakeClient, club: str) -> None:
    page = eve.page
    await page.locator("#search").fill("фонарь ")
    found = page.get_by_role("list", name="Messages").get_by_role("button")
    await expect(found).to_have_count(2)
    await expect(found.nth(1).locator("mark")).to_have_text(["фонарь"])
    await eve.note_pointed()
    await found.nth(1).click()
    await expect(page.locator('[data-seq="20"]')).to_be_in_viewport()
    await eve.is_pointed(20)
    await expect(page.locator('[data-seq="200"]')).to_have_count(0)
    # New messages do not appear among old ones. A button, or scrolling, leads to them.
    await anna.send(club, "новое")
    await expect(page.locator(".jump .badge")).to_be_visible()
    await expect(page.locator('[data-seq="201"]')).to_have_count(0)

    async def is_at_the_end() -> bool:
        await page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = scroller.scrollHeight; }")
        return bool(await page.locator('[data-seq="201"]').count())

    await eventually(is_at_the_end)
    seqs = await page.locator("[data-seq]").evaluate_all("rows => rows.map(row => Number(row.dataset.seq))")
    assert seqs == list(range(seqs[0], 202))
    # Open the same message once more, and jump to the end at once.
    await found.nth(1).click()
    await expect(page.locator('[data-seq="20"]')).to_be_in_viewport()
    await page.get_by_role("button", name="To the newest messages").click()
    await expect(page.locator('[data-seq="201"]')).to_be_in_viewport()
    await anna.send(club, "и это")
    await expect(page.locator('[data-seq="202"]')).to_be_in_viewport()
    assert eve.complaints == []


async def test_a_found_message_covers_its_spoilers_and_hides_its_markers(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    text = "🎉 **Убийца** в романе — ||садовник||, а не повар. " + "Подробности в книге. " * 9
    await anna.send(yard, text, text_format="markdown")
    await search(anna, "романе")
    await eve.page.locator("#search").fill("роман")
    found = eve.page.get_by_role("list", name="Messages").get_by_role("button")
    await expect(found.locator(".preview")).to_contain_text("🎉 Убийца в романе — ▒▒▒▒▒▒▒▒, а не повар.")
    await expect(found.locator("mark")).to_have_text(["романе"])


async def test_what_is_shown_of_a_found_message_cuts_no_emoji(eve: Reader, anna: FakeClient, yard: str) -> None:
    for text in (f"фонарь {'🎉' * 100}", f"фонарь{'🎉' * 100}"):
        await anna.send(yard, text)
    await search(anna, "фонарь")
    await eve.page.locator("#search").fill("фонарь ")
    found = eve.page.get_by_role("list", name="Messages").locator(".preview")
    await expect(found).to_have_text([re.compile("🎉…$")] * 2)
    assert await found.evaluate_all("texts => texts.every(text => text.textContent.isWellFormed())")


async def test_filters_narrow_a_search(eve: Reader, club: str) -> None:
    page = eve.page
    await eve.open("Двор")
    await page.get_by_role("button", name="Search in this chat").click()
    await expect(page.locator("#search")).to_be_focused()
    await page.locator("#search").fill("фонарь ")
    found = page.get_by_role("list", name="Messages").get_by_role("button")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("Фонари во дворе горят")
    await page.get_by_role("button", name="Only in Двор ×").click()
    await expect(found).to_have_count(2)
    await page.get_by_text("Filters").click()
    await page.get_by_label("Contains").select_option("a link")
    await expect(found).to_have_count(1)
    await expect(found).to_contain_text("https://example.com")
    await page.get_by_label("Before").fill("2020-01-01")
    await expect(page.get_by_text("No messages found")).to_be_visible()
    assert eve.complaints == []


async def test_folded_filters_are_counted_and_end_with_the_search(eve: Reader, club: str) -> None:
    page = eve.page
    folding = page.locator(".filters summary")
    found = page.get_by_role("list", name="Messages").get_by_role("button")
    await page.locator("#search").fill("фонарь ")
    await folding.click()
    await page.get_by_label("Contains").select_option("a link")
    await page.get_by_label("From").fill("2030-01-01")
    await page.get_by_label("Order").select_option("best match first")
    await folding.click()
    await expect(folding).to_have_text("Filters · 2")
    await expect(page.get_by_text("No messages found")).to_be_visible()
    await page.locator("#search").press("Escape")
    await page.locator("#search").fill("фонарь ")
    await expect(found).to_have_count(2)
    await expect(folding).to_have_text("Filters")


async def test_the_days_of_filters_are_those_of_the_user(
    browser: Browser, live_server: str, her: FakeClient, club: str
) -> None:
    reader = await Reader.open_signed_in(browser, live_server, her, timezone_id="Asia/Tokyo")
    page = reader.page
    await page.locator("#search").fill("фонарь ")
    await page.get_by_text("Filters").click()
    await page.get_by_label("From").fill("2026-01-02")
    async with page.expect_request(re.compile("/search/messages.*before=")) as asking:
        await page.get_by_label("Before").fill("2026-02-03")
    asked = parse_qs(urlsplit((await asking.value).url).query)
    assert asked["after"] == ["2026-01-01T15:00:00.000Z"]
    assert asked["before"] == ["2026-02-02T15:00:00.000Z"]
    assert reader.complaints == []
    await reader.context.close()


async def test_a_message_can_be_found_by_keyboard_alone(eve: Reader, club: str) -> None:
    page = eve.page
    await eve.open("Двор")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("зелёный")
    await expect(page.get_by_role("list", name="Messages").get_by_role("button")).to_have_count(1)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator('[data-seq="20"]')).to_be_in_viewport()
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Escape")
    await expect(page.locator("#search")).to_have_value("")
    await expect(page.get_by_role("list", name="Messages").get_by_role("button")).to_have_count(0)


async def test_the_search_keeps_the_focus_while_a_chat_opens(eve: Reader, club: str) -> None:
    await eve.item("Двор").evaluate(
        """item => {
            item.click();
            dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true}));
        }"""
    )
    await expect(eve.composer).to_be_visible()
    await expect(eve.page.locator("#search")).to_be_focused()


async def test_results_of_earlier_words_are_not_shown(eve: Reader, club: str) -> None:
    page = eve.page
    found = page.get_by_role("list", name="Messages").get_by_role("button")
    await page.clock.install()
    await page.clock.pause_at(datetime.now() + timedelta(hours=1))
    late = await eve.hold(re.compile("/search/messages"))
    await page.locator("#search").fill("зел")
    async with page.expect_response(re.compile("/search/messages")) as early:
        async with page.expect_request(re.compile("/search/messages")):
            await page.clock.run_for(200)
        await page.locator("#search").press_sequentially("ёный")
        await late.release()
    await (await early.value).finished()
    await page.evaluate("fetch(location.href)")
    await expect(found).to_have_count(0)
    await page.clock.run_for(200)
    await expect(found).to_have_count(1)
    await expect(found.locator("mark")).to_have_text(["зелёный"])


async def test_a_phone_shows_the_results_and_then_the_chat(
    browser: Browser, live_server: str, her: FakeClient, club: str
) -> None:
    phone = await Reader.open_signed_in(browser, live_server, her, **PHONE)
    await phone.open("Клуб")
    await phone.page.get_by_role("button", name="Search in this chat").click()
    await phone.page.locator("#search").fill("зеленый")
    await phone.page.get_by_role("list", name="Messages").get_by_role("button").click()
    await expect(phone.page.locator('[data-seq="20"]')).to_be_in_viewport()
    assert phone.complaints == []
    await phone.context.close()


async def test_without_the_module_chats_are_searched_for_and_messages_are_not(
    settings: Settings, browser: Browser
) -> None:
    async with (
        listening(build_app(without(settings, "search"))) as address,
        http_client(f"http://{address}") as http,
    ):
        vera = await FakeClient.sign_up(http, "vera")
        await vera.open_chat(title="Двор")
        reader = await Reader.open_signed_in(browser, address, vera)
        page = reader.page
        await reader.open("Двор")
        await expect(page.get_by_role("button", name="Members")).to_be_visible()
        await expect(page.get_by_role("button", name="Search in this chat")).to_have_count(0)
        await page.locator("#search").fill("дво")
        await expect(reader.item("Двор")).to_be_visible()
        await expect(page.get_by_text("Filters")).to_be_hidden()
        await page.locator("#search").fill("фонарь")
        await expect(page.get_by_text("Nothing found")).to_be_visible()
        await reader.context.close()
        assert reader.complaints == []
