"""Users at the page in a real browser: what they see of each other."""

import re
from datetime import datetime, timedelta

from playwright.async_api import Browser, expect

from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, FakeSocket, eventually, ok


async def test_two_people_meet_and_talk(eve: Reader, browser: Browser, live_server: str) -> None:
    """Sign-up, search, a direct chat, typing, unread counts, read marks, reply, reactions, editing and deleting."""
    frank = await Reader.open_window(browser, live_server)
    await frank.sign_up("frank", "Frank")
    await eve.find("Frank")
    await eve.write("Привет, Frank! <b>не жирно</b>")
    await expect(frank.item("Ева").locator(".badge")).to_have_text("1")
    await expect(frank.page).to_have_title(re.compile(r"^\(1\) "))
    await expect(eve.messages.locator("b")).to_have_count(0)
    await expect(eve.message("Привет, Frank! <b>не жирно</b>").locator(".icon-sent")).to_be_visible()

    # Once its events arrive, its signals do, too.
    await expect(eve.page.locator(".message[data-seq]")).to_have_count(1)
    await frank.open("Ева")
    await expect(frank.item("Ева").locator(".badge")).to_have_count(0)
    await expect(eve.message("Привет, Frank! <b>не жирно</b>").locator(".icon-read")).to_be_visible()

    await frank.composer.press_sequentially("Hel")
    await expect(eve.page.locator(".peer .typing")).to_have_text("typing…")
    await frank.write("Hello")
    await expect(eve.page.locator(".peer p")).to_have_text("online")
    await expect(eve.page.locator(".announcer")).to_contain_text("Frank: Hello")

    await eve.message("Hello").get_by_role("button", name="Actions for the message").click()
    await eve.page.get_by_role("menuitemcheckbox", name="React with 🎉").click()
    await expect(frank.message("Hello").get_by_role("button", name="🎉, 1 person")).to_be_visible()
    await frank.message("Hello").get_by_role("button", name="🎉, 1 person").click()
    await expect(eve.message("Hello").get_by_role("button", name="🎉, 2 people")).to_have_attribute(
        "aria-pressed", "true"
    )

    await eve.choose("Hello", "Reply")
    await eve.write("Вот и ответ")
    await expect(frank.message("Вот и ответ").locator(".quote")).to_contain_text("Hello")

    await frank.composer.press("ArrowUp")
    await frank.write("Hello again")
    await expect(eve.message("Hello again").locator(".foot")).to_contain_text("edited")
    await expect(eve.message("Hello again").locator(".reaction")).to_have_attribute("aria-pressed", "true")
    await expect(eve.message("Вот и ответ").locator(".quote")).to_contain_text("Hello again")

    await frank.choose("Hello again", "Delete")
    await frank.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await eve.sees("Привет, Frank! <b>не жирно</b>", "Message deleted", "Вот и ответ")
    assert frank.complaints == []
    await frank.context.close()


async def test_a_long_history_loads_on_scrolling(eve: Reader, her: FakeClient, anna: FakeClient) -> None:
    club = ok(await anna.post("/chats", {"type": "group", "title": "Клуб", "member_ids": [her.id]}))["id"]
    for number in range(1, 131):
        await her.send(club, f"сообщение {number}")
    await expect(eve.item("Клуб")).to_contain_text("сообщение 130")
    await eve.open("Клуб")
    await expect(eve.page.locator('[data-seq="130"]')).to_be_in_viewport()

    async def is_at_the_beginning() -> bool:
        await eve.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 0; }")
        return bool(await eve.page.locator('[data-seq="1"]').count())

    await eventually(is_at_the_beginning)
    # The last page has moved what was shown down.
    await is_at_the_beginning()
    await expect(eve.page.locator('[data-seq="1"]')).to_be_in_viewport()
    seqs = await eve.page.locator("[data-seq]").evaluate_all("rows => rows.map(row => Number(row.dataset.seq))")
    assert seqs == list(range(1, 131))
    # While older messages are read, new ones do not scroll the list. The button leads to them.
    await anna.send(club, "новое")
    await expect(eve.page.locator(".jump .badge")).to_have_text("1")
    await expect(eve.page.locator('[data-seq="1"]')).to_be_in_viewport()
    await eve.page.get_by_role("button", name="To the newest messages").click()
    await expect(eve.page.locator('[data-seq="131"]')).to_be_in_viewport()
    await expect(eve.page.locator(".jump")).to_be_hidden()
    await expect(eve.page.locator(".scroller")).to_be_focused()


async def test_a_group_is_created_by_keyboard_and_its_members_come_and_go(
    eve: Reader, anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    page = eve.page
    await page.get_by_role("button", name="New chat").press("Enter")
    await page.get_by_label("Title").fill("Походы")
    await page.get_by_label("Find people").fill("Анна")
    await page.get_by_role("dialog").get_by_role("button", name="Анна").press("Space")
    await expect(page.locator(".chip")).to_have_text("Анна ×")
    await page.get_by_label("Title").press("Enter")
    await expect(page.get_by_role("heading", name="Походы")).to_be_visible()
    async with FakeSocket(anna, live_server) as socket:
        await eve.write("Куда идём?")
        await socket.until(lambda: any("message.created" in socket.kinds(stream) for stream in socket.events))
    await page.get_by_role("button", name="Members").click()
    members = page.get_by_role("dialog", name="Походы")
    await expect(members.locator(".members strong")).to_have_text(["Ева", "Анна"])
    await members.get_by_role("button", name="Add people").click()
    adding = page.get_by_role("dialog", name="Add people")
    await adding.get_by_role("button", name="Борис").click()
    await adding.get_by_role("button", name="Add people").click()
    await expect(members.locator(".members strong")).to_have_text(["Ева", "Анна", "Борис 🐻"])
    await members.get_by_role("button", name="Remove Анна").click()
    sure = page.get_by_role("dialog", name="Remove Анна from this chat?")
    await sure.get_by_role("button", name="Cancel").click()
    await members.get_by_role("button", name="Remove Анна").click()
    await sure.get_by_role("button", name="Remove", exact=True).click()
    await expect(members.locator(".members strong")).to_have_text(["Ева", "Борис 🐻"])
    await page.keyboard.press("Escape")
    await expect(page.locator(".peer p")).to_have_text("2 members")
    (chat,) = ok(await boris.get("/chats"))["items"]
    assert chat["title"] == "Походы"


async def test_a_channel_is_read_only_for_its_readers(eve: Reader, her: FakeClient, anna: FakeClient) -> None:
    news = ok(await anna.post("/chats", {"type": "channel", "title": "Новости", "member_ids": [her.id]}))["id"]
    await eve.open("Новости")
    await expect(eve.page.get_by_text("Only admins post in this channel.")).to_be_visible()
    ok(await anna.patch(f"/chats/{news}/members/{her.id}", {"role": "admin"}))
    await eve.write("Теперь можно")
    await eve.sees("Теперь можно")


async def test_a_reader_of_a_group_sees_that_it_is_read_only(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    ok(await anna.patch(f"/chats/{yard}/members/{her.id}", {"role": "reader"}))
    await eve.open("Двор")
    await expect(eve.page.get_by_text("You can only read here.")).to_be_visible()


async def test_a_phone_shows_the_list_or_the_chat_in_its_own_language(
    browser: Browser, anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    club = await anna.open_chat(boris, title="Клуб")
    await anna.send(club, "Добрый вечер")
    phone = await Reader.open_signed_in(browser, live_server, boris, locale="ru-RU", color_scheme="dark", **PHONE)
    await expect(phone.page.get_by_role("heading", name="Чаты")).to_be_visible()
    await expect(phone.composer).to_have_count(0)
    await phone.item("Клуб").tap()
    await phone.sees("Добрый вечер")
    await expect(phone.page.locator(".sidebar")).to_be_hidden()
    assert await phone.page.evaluate("document.documentElement.scrollWidth") <= 390
    await phone.page.go_back()
    await expect(phone.page.locator(".sidebar")).to_be_visible()
    await phone.page.get_by_role("button", name="Настройки").tap()
    await phone.page.get_by_label("Язык").select_option("en")
    await phone.page.get_by_role("button", name="Close").tap()
    await expect(phone.page.get_by_role("heading", name="Chats")).to_be_visible()
    assert phone.complaints == phone.strangers == []
    await phone.context.close()


async def test_a_block_of_code_keeps_the_focus_when_its_message_is_read(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str
) -> None:
    await her.send(yard, "```\nкод\n```", text_format="markdown")
    await eve.open("Двор")
    await eve.page.locator(".message pre").focus()
    # Once its events arrive, its signals do, too.
    await her.send(yard)
    await expect(eve.page.locator('[data-seq="2"]')).to_be_visible()
    ok(await anna.put(f"/chats/{yard}/read", {"seq": 1}))
    await expect(eve.page.locator(".message .icon-read")).to_be_visible()
    await expect(eve.page.locator(".message pre")).to_be_focused()


async def test_the_focus_moves_to_the_composer_when_a_message_is_deleted(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    await her.send(yard, "Лишнее")
    await eve.open("Двор")
    await eve.choose("Лишнее", "Delete")
    await eve.page.get_by_role("dialog").get_by_role("button", name="Delete").press("Enter")
    await expect(eve.page.get_by_text("Message deleted").first).to_be_visible()
    await expect(eve.composer).to_be_focused()


async def test_an_edit_to_an_empty_text_is_not_saved_and_the_page_says_why(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    await her.send(yard, "Привет")
    await eve.open("Двор")
    await eve.sees("Привет")
    await eve.composer.press("ArrowUp")
    await eve.write(" ")
    await expect(eve.page.locator("#composer-error")).to_have_text("A message has 1 to 4,000 characters.")
    await eve.write("Привет всем")
    await eve.sees("Привет всем")
    await expect(eve.page.locator("#composer-error")).to_be_hidden()


async def test_a_message_left_unsent_since_yesterday_is_shown_under_one_divider(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    now = datetime.fromisoformat((await anna.send(yard, "сегодня"))["created_at"])
    await eve.open("Двор")
    await eve.sees("сегодня")
    await eve.context.set_offline(True)
    await eve.is_offline()
    await eve.page.clock.set_fixed_time(now - timedelta(days=1))
    await eve.write("вчера")
    await eve.page.clock.set_fixed_time(now)
    for text in ("и сегодня", "и ещё раз"):
        await eve.write(text)
    await eve.sees("сегодня", "вчера", "и сегодня", "и ещё раз")
    await expect(eve.page.locator(".rows .divider:not(.new)")).to_have_text(["Today", "Yesterday", "Today"])
    await eve.context.set_offline(False)
    await eve.is_online()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")
