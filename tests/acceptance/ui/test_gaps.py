"""What the page shows after it was without a connection for longer than the server keeps events."""

from playwright.async_api import Route, expect

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
