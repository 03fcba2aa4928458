"""Responses that are older than an event which arrived before them: the page keeps what the event says."""

import re

import httpx
from playwright.async_api import Route, expect

from tests.acceptance.ui.conftest import Forget
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok


async def test_a_block_is_not_undone_by_an_older_list(eve: Reader, her: FakeClient, anna: FakeClient) -> None:
    await anna.open_chat(her, type="direct")
    held = await eve.hold("**/accounts/me/blocks*")
    await eve.page.reload()
    await eve.is_online()
    await held.until_asked()
    old = ok(await her.get("/accounts/me/blocks"))
    ok(await her.put(f"/accounts/me/blocks/{anna.id}"))
    # This event follows the one of the block.
    ok(await her.patch("/accounts/me", {"display_name": "Евгения"}))
    await expect(eve.page.locator(".own")).to_contain_text("Евгения")
    await held.answer_late(eve.page, old)
    await eve.open("Анна")
    await expect(eve.page.get_by_text("You have blocked this account.")).to_be_visible()
    await expect(eve.composer).to_be_hidden()


async def test_a_removed_member_does_not_come_back_with_an_older_list(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    yard = await anna.open_chat(her, boris, title="Двор")
    held = await eve.hold("**/members*")
    await eve.open("Двор")
    await expect(eve.page.locator(".peer p")).to_have_text("3 members")
    await held.until_asked()
    old = ok(await her.get(f"/chats/{yard}/members"))
    ok(await anna.delete(f"/chats/{yard}/members/{boris.id}"))
    await expect(eve.page.locator(".peer p")).to_have_text("2 members")
    await held.answer_late(eve.page, old)
    await eve.composer.press_sequentially("@")
    await expect(eve.page.get_by_role("option")).to_have_count(1)
    await expect(eve.page.get_by_role("option")).to_contain_text(f"@{anna.username}")


async def test_the_members_are_read_once_more_however_many_people_were_added_meanwhile(
    eve: Reader, server: httpx.AsyncClient, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    people = [(await FakeClient.sign_up(server, f"person{number}", f"Сосед {number}")).id for number in range(6)]
    await eve.open("Двор")
    await eve.composer.press_sequentially("@")
    await expect(eve.page.get_by_role("option")).to_have_count(1)
    held = await eve.hold("**/members*")
    ok(await anna.post(f"/chats/{yard}/members", {"account_ids": people[:5]}))
    await expect(eve.page.locator(".peer p")).to_have_text("7 members")
    await held.until_asked()
    old = ok(await her.get(f"/chats/{yard}/members"))
    ok(await anna.post(f"/chats/{yard}/members", {"account_ids": people[5:]}))
    await expect(eve.page.locator(".peer p")).to_have_text("8 members")
    assert len(held.waiting) == 1
    await held.answer_late(eve.page, old)
    await expect(eve.page.get_by_role("option")).to_have_count(7)


async def test_a_new_name_is_not_replaced_by_an_older_one(eve: Reader, her: FakeClient) -> None:
    held = await eve.hold("**/accounts/me")
    ok(await her.patch("/accounts/me", {"display_name": "Евгения"}))
    await held.until_asked()
    old = ok(await her.get("/accounts/me"))
    ok(await her.patch("/accounts/me", {"display_name": "Ева Новикова"}))
    await held.until_asked(2)
    await held.answer_late(eve.page, old)
    await expect(eve.page.locator(".own")).to_contain_text("Ева Новикова")


async def test_the_number_of_unread_messages_is_read_again_if_a_message_comes_during_the_read(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    for number in range(1, 6):
        await anna.send(yard, f"сообщение {number}")
    await expect(eve.item("Двор").locator(".badge")).to_have_text("5")
    held = await eve.hold(f"**/chats/{yard}")
    ok(await her.put(f"/chats/{yard}/read", {"seq": 3}))
    await held.until_asked()
    old = ok(await her.get(f"/chats/{yard}"))
    await anna.send(yard, "сообщение 6")
    await expect(eve.item("Двор")).to_contain_text("сообщение 6")
    await held.answer_late(eve.page, old)
    await expect(eve.item("Двор").locator(".badge")).to_have_text("3")


async def test_a_chosen_language_is_not_replaced_by_an_older_one(eve: Reader, her: FakeClient) -> None:
    path = "/accounts/me/notifications"

    async def has_time_zone() -> bool:
        return bool(ok(await her.get(path))["time_zone"])

    async def is_being_saved() -> bool:
        return any(route.request.method == "PUT" for route in held.waiting)

    # The page sets it once, after its first read.
    await eventually(has_time_zone)
    ok(await her.put(path, {"language": "en"}))
    held = await eve.hold(f"**{path}")
    await eve.page.reload()
    await eve.is_online()
    await held.until_asked()
    old = ok(await her.get(path))
    await (await eve.settings()).get_by_label("Language").select_option("ru")
    await eventually(is_being_saved)
    await held.answer_late(eve.page, old)
    await expect(eve.page.get_by_role("heading", name="Чаты")).to_be_visible()
    assert ok(await her.get(path))["language"] == "ru"


async def test_people_are_added_before_the_members_are_known(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    await her.open_chat(anna, title="Двор")
    held = await eve.hold("**/members*")
    await eve.open("Двор")
    await held.until_asked()
    await eve.page.get_by_role("button", name="Members").click()
    await eve.page.get_by_role("dialog").get_by_role("button", name="Add people").click()
    picker = eve.page.get_by_role("dialog", name="Add people")
    await picker.get_by_role("button", name="Борис").click()
    await held.release()
    await picker.get_by_role("button", name="Add people").click()
    await expect(eve.page.locator(".peer p")).to_have_text("3 members")


async def test_a_block_that_another_device_has_taken_back_does_not_return(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    await anna.open_chat(her, type="direct")
    await eve.open("Анна")
    answers: list[Route] = []

    async def answer_later(route: Route) -> None:
        await route.fetch()
        answers.append(route)

    async def has_answered() -> bool:
        return bool(answers)

    await eve.page.route(f"**/accounts/me/blocks/{anna.id}", answer_later)
    await eve.page.get_by_role("button", name="Members").click()
    await eve.page.get_by_role("dialog", name="Анна").get_by_role("button", name="Block", exact=True).click()
    await eve.page.get_by_role("dialog").filter(has_text="write to each other").get_by_role("button").last.click()
    await expect(eve.page.get_by_text("You have blocked this account.")).to_be_attached()
    ok(await her.delete(f"/accounts/me/blocks/{anna.id}"))
    await expect(eve.page.get_by_role("dialog").get_by_role("button", name="Block", exact=True)).to_be_visible()
    await eventually(has_answered)
    await answers[0].fulfill(status=204)
    await eve.page.evaluate("fetch(location.href)")
    await eve.page.keyboard.press("Escape")
    await expect(eve.composer).to_be_visible()


async def test_what_is_written_while_an_edit_is_being_saved_stays(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await her.send(yard, "Привет")
    await eve.open("Двор")
    await eve.choose("Привет", "Edit")
    held = await eve.hold("**/messages/1")
    await eve.write("Привет!")
    await held.until_asked()
    await eve.composer.fill("Привет! Как дела?")
    await held.release()
    await expect(eve.message("Привет!")).to_be_visible()
    await eve.page.evaluate("fetch(location.href)")
    await expect(eve.composer).to_have_value("Привет! Как дела?")
    await eve.composer.press("Enter")
    await eve.sees("Привет! Как дела?")
    await expect(eve.composer).to_have_value("")


async def test_a_name_stays_when_its_account_cannot_be_read_again(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    chat = await anna.open_chat(her, type="direct")
    await eve.open("Анна")
    await eve.page.route(f"**/accounts/{anna.id}", lambda route: route.abort())
    async with eve.page.expect_event("requestfailed"):
        await eve.page.get_by_role("button", name="Members").click()
    await anna.send(chat, "Привет")
    await expect(eve.page.locator(".sidebar .chat-item")).to_contain_text("Привет")
    await expect(eve.item("Анна")).to_be_visible()
    eve.ignore_complaints("ERR_FAILED")


async def test_accounts_that_are_found_late_do_not_replace_those_of_the_last_words(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    await eve.page.get_by_role("button", name="New chat").click()
    picker = eve.page.get_by_role("dialog", name="New chat")
    await expect(picker.get_by_role("button", name="Анна")).to_be_visible()
    held = await eve.hold(re.compile(r"/accounts\?query="))
    await picker.get_by_label("Find people").fill("Анна")
    await held.until_asked()
    old = ok(await her.get("/accounts?query=Анна&limit=20"))
    await picker.get_by_label("Find people").fill("Борис")
    await held.until_asked(2)
    await held.answer_late(eve.page, old)
    await expect(picker.get_by_role("button", name="Борис")).to_be_visible()
    await expect(picker.get_by_role("button", name="Анна")).to_have_count(0)


async def test_the_last_of_several_jumps_is_the_one_that_counts(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    for number in range(1, 121):
        await her.send(yard, f"№ {number}")
    for seq in (1, 60, 20):
        await anna.send(yard, f"Ответ на {seq}", reply_to_seq=seq)
    await eve.open("Двор")
    await eve.note_pointed()
    held = await eve.hold("**/messages?around_seq=*")
    for seq in (1, 60, 20):
        await eve.message(f"Ответ на {seq}").locator(".quote").click()
    await held.until_asked()
    await held.release()
    await eve.is_pointed(20)


async def test_older_messages_that_are_on_their_way_after_a_gap_are_not_taken_for_the_newest(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, forget: Forget
) -> None:
    for number in range(1, 61):
        await her.send(yard, f"№ {number}")
    await eve.open("Двор")
    await expect(eve.message("№ 60")).to_be_visible()
    held = await eve.hold("**/messages?before_seq=*")
    await eve.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 0; }")
    await held.until_asked()
    await eve.context.set_offline(True)
    await eve.is_offline()
    for number in (61, 62):
        await anna.send(yard, f"№ {number}")
    await forget(yard)
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(eve.item("Двор")).to_contain_text("№ 62")
    await held.release()
    await expect(eve.message("№ 61")).to_be_attached()
    await expect(eve.message("№ 62")).to_be_attached()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")
