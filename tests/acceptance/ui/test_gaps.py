"""What the page shows after it was without a connection for longer than the server keeps events."""

from uuid import UUID

from playwright.async_api import Route, expect

from app.adapters.db.connection import Connection
from tests.acceptance.ui.conftest import Forget
from tests.browsers import HeldRequests, Reader
from tests.fakers import FakeClient, ok


async def _change_while_offline(eve: Reader, her: FakeClient, forget: Forget) -> None:
    for name in ("Евгения", "Ева Новикова"):
        ok(await her.patch("/accounts/me", {"display_name": name}))
    await forget(her.id)


async def test_a_chat_that_moves_while_the_list_is_read_again_stays_and_one_that_was_left_goes(
    eve: Reader, her: FakeClient, anna: FakeClient, forget: Forget
) -> None:
    yard, garden, _ = [await anna.open_chat(her, title=title) for title in ("Двор", "Сад", "Клуб")]
    await expect(eve.page.locator(".sidebar .chat-item")).to_have_count(3)
    held = HeldRequests()

    async def read_one_at_a_time(route: Route) -> None:
        if "cursor" in route.request.url:
            await held.take(route)
        else:
            await route.continue_(url=route.request.url.replace("limit=200", "limit=1"))

    await eve.page.route("**/api/v1/chats?limit=200*", read_one_at_a_time)
    await eve.context.set_offline(True)
    await eve.is_offline()
    ok(await her.delete(f"/chats/{garden}/members/{her.id}"))
    await _change_while_offline(eve, her, forget)
    await eve.context.set_offline(False)
    await held.until_asked()
    await anna.send(yard, "Привет")
    await held.release()
    await expect(eve.item("Сад")).to_have_count(0)
    await expect(eve.item("Двор")).to_contain_text("Привет")
    await expect(eve.page.locator(".own")).to_contain_text("Ева Новикова")
    await eve.is_online()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED", "404")


async def test_chats_above_the_maximum_of_cursors_are_read_again(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    yard, garden = [await anna.open_chat(her, title=title) for title in ("Двор", "Сад")]
    await anna.send(garden, "Новее")
    await expect(eve.item("Сад")).to_contain_text("Новее")
    # The account's own stream and one chat.
    await eve.page.evaluate("import('/ui/js/store.js').then(({ Store }) => { Store.mostCursors = 2; })")
    await eve.context.set_offline(True)
    await eve.is_offline()
    await anna.send(yard, "Раз")
    await anna.send(garden, "Два")
    await eve.context.set_offline(False)
    await expect(eve.item("Двор")).to_contain_text("Раз")
    await expect(eve.item("Сад")).to_contain_text("Два")
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_quote_of_a_message_that_was_deleted_meanwhile_says_so(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, forget: Forget
) -> None:
    await anna.send(yard, "||Садовник||", text_format="markdown")
    for number in range(60):
        await her.send(yard, f"сообщение {number}")
    await anna.send(yard, "Не может быть", reply_to_seq=1)
    await eve.open("Двор")
    quote = eve.message("Не может быть").locator(".quote")
    await expect(quote).to_contain_text("Анна")
    await eve.context.set_offline(True)
    await eve.is_offline()
    ok(await anna.delete(f"/chats/{yard}/messages/1"))
    await anna.send(yard, "Что?")
    await forget(yard)
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(quote).to_have_text("АннаMessage deleted")
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_message_is_unread_again_after_a_restore_from_before_it_was_read(
    eve: Reader, her: FakeClient, anna: FakeClient, yard: str, forget: Forget, sql: Connection
) -> None:
    await her.send(yard, "Привет")
    ok(await anna.put(f"/chats/{yard}/read", {"seq": 1}))
    await eve.open("Двор")
    await expect(eve.page.locator(".message .icon-read")).to_have_count(1)
    await eve.context.set_offline(True)
    await eve.is_offline()
    for text in ("Ты", "здесь?"):
        await her.send(yard, text)
    await sql.execute("UPDATE chat SET runner_up_read_seq = 0 WHERE id = $1", UUID(yard))
    await forget(yard)
    await eve.context.set_offline(False)
    await eve.is_online()
    await eve.sees("Привет", "Ты", "здесь?")
    await expect(eve.page.locator(".message .icon-sent")).to_have_count(3)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")
