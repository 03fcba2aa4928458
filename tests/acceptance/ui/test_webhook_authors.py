"""The page shows the name of an incoming webhook as an author, and nothing of the account that created it."""

import httpx
from playwright.async_api import Browser, Locator, expect

from app.modules.attachments_module.tests.uploading import ready
from app.modules.incoming_webhooks_module.tests.hooks import create_hook, post
from app.modules.search_module.tests.searching import search
from tests.acceptance.ui.test_avatars import FACE
from tests.browsers import PHONE, Reader
from tests.fakers import FakeClient, FakeSocket, ok

# Typing is shown for a few seconds. A busy machine may need more of them.
_LONGER_TIMES = """() => {
    const { setTimeout } = window;
    window.setTimeout = (run, ms) => setTimeout(run, 10 * ms);
}"""


def authors(reader: Reader) -> Locator:
    return reader.page.locator(".message .sender")


async def test_each_name_has_a_group_of_messages_with_a_mark_and_initials(
    eve: Reader, anna: FakeClient, yard: str, server: httpx.AsyncClient
) -> None:
    picture = await ready(anna, FACE["buffer"], filename="лицо.png")
    ok(await anna.put("/accounts/me/avatar", {"attachment_id": picture["id"]}))
    jenkins, cron = await create_hook(anna, yard, "Jenkins"), await create_hook(anna, yard, "Cron")
    await anna.send(yard, "Собираю")
    for hook, text in ((jenkins, "Build 6 passed"), (jenkins, "Build 7 failed"), (cron, "Backup done")):
        await post(server, hook, text)
    await post(server, cron, json={"text": "Disk full", "username": "Ночной дежурный"})
    await anna.send(yard, "Чиню")
    await eve.open("Двор")
    await expect(authors(eve)).to_have_text(
        ["Анна", "Jenkins webhook", "Cron webhook", "Ночной дежурный webhook", "Анна"]
    )
    posted = eve.page.locator(".message.posted")
    await expect(posted.locator(".avatar")).to_have_text(["J", "C", "НД"])
    await expect(posted.locator("img")).to_have_count(0)
    await expect(eve.page.locator(".message > .avatar img")).to_have_count(2)


async def test_what_a_webhook_posts_is_not_shown_as_written_by_its_creator(
    eve: Reader, her: FakeClient, anna: FakeClient, server: httpx.AsyncClient
) -> None:
    club = await her.open_chat(anna, title="Сборка")
    await her.send(club, "Смотрите")
    await eve.open("Сборка")
    await post(server, await create_hook(her, club, "Jenkins"), "Build 7 failed")
    await expect(authors(eve)).to_have_text(["Jenkins webhook"])
    await expect(eve.page.locator(".announcer")).to_contain_text("Jenkins: Build 7 failed")
    await expect(eve.item("Сборка")).to_contain_text("Jenkins: Build 7 failed")
    await expect(eve.message("Build 7 failed").locator(".icon-sent, .icon-read")).to_have_count(0)
    await eve.message("Build 7 failed").get_by_role("button", name="Actions for the message").click()
    menu = eve.page.get_by_role("menu")
    await expect(menu.get_by_text("Delete", exact=True)).to_be_visible()
    await expect(menu.get_by_text("Edit", exact=True)).to_have_count(0)
    await eve.page.keyboard.press("Escape")
    await eve.composer.press("ArrowUp")
    await expect(eve.composer).to_have_value("Смотрите")


async def test_lists_and_replies_name_the_webhook(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, server: httpx.AsyncClient
) -> None:
    hook = await create_hook(anna, yard, "Jenkins")
    await post(server, hook, "Build 7 failed")
    for number in range(60):
        await anna.send(yard, f"№ {number}")
    await anna.send(yard, "Починил", reply_to_seq=1)
    ok(await her.put(f"/chats/{yard}/read", {"seq": 62}))
    await eve.page.reload()
    await eve.open("Двор")
    # The page has loaded no message of the webhook, and not the answered one.
    await expect(eve.message("Починил").locator(".quote strong")).to_have_text("Jenkins")
    await expect(eve.message("Build 7 failed")).to_have_count(0)
    await post(server, hook, "Build 8 passed")
    await expect(eve.item("Двор")).to_contain_text("Jenkins: Build 8 passed")
    await search(anna, "failed")
    await eve.page.locator("#search").fill("failed")
    found = eve.page.get_by_role("list", name="Messages").locator(".preview")
    await expect(found).to_have_text("Jenkins: Build 7 failed")
    await eve.page.locator("#search").fill("")
    await eve.choose("Build 8 passed", "Reply")
    await expect(eve.page.locator(".target strong")).to_have_text("Reply to Jenkins")


async def test_its_creator_goes_on_typing_while_a_webhook_posts(
    eve: Reader, anna: FakeClient, yard: str, server: httpx.AsyncClient, live_server: str
) -> None:
    hook = await create_hook(anna, yard, "Jenkins")
    await eve.open("Двор")
    typing = eve.page.locator(".peer .typing")
    await eve.page.evaluate(_LONGER_TIMES)
    async with FakeSocket(anna, live_server) as socket:
        await socket.ask("typing", chat_id=yard, is_typing=True)
        await expect(typing).to_have_text("Анна is typing…")
        await post(server, hook, "Build 7 failed")
        await expect(eve.message("Build 7 failed")).to_be_visible()
        await expect(typing).to_have_text("Анна is typing…")
        await anna.send(yard, "Чиню")
        await expect(typing).to_have_count(0)


async def test_in_a_direct_chat_a_webhook_differs_from_the_two_people(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient, server: httpx.AsyncClient
) -> None:
    chat_id = await anna.open_chat(her, type="direct")
    await anna.send(chat_id, "Подключила сборку")
    await post(server, await create_hook(anna, chat_id, "W" * 80), "Build 7 failed")
    phone = await Reader.open_signed_in(browser, live_server, her, locale="ru-RU", **PHONE)
    await expect(phone.item("Анна")).to_contain_text(f"{'W' * 80}: Build 7 failed")
    await phone.open("Анна")
    await expect(authors(phone)).to_have_text([f"{'W' * 80} вебхук"])
    ends = await phone.page.locator(".message *").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().right)"
    )
    assert max(ends) <= PHONE["viewport"]["width"]
    await phone.context.close()
    assert phone.complaints == []
