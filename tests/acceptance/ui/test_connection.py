"""The page on an unreliable network: no message is missed, and none is shown twice."""

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Route, expect

from app.modules.sockets_module.services.registry import Registry
from app.utils.container import Container
from tests.acceptance.ui.conftest import Busy, Forget
from tests.browsers import Reader
from tests.fakers import FakeClient, ok

_SPEND_TOKEN = (
    "localStorage.setItem('messenger.session', JSON.stringify("
    "{...JSON.parse(localStorage.getItem('messenger.session')), access_token: 'spent'}))"
)


async def test_the_page_shows_every_message_once_after_a_network_outage(
    eve: Reader, browser: Browser, server: httpx.AsyncClient, live_server: str
) -> None:
    frank = await Reader.open_signed_in(browser, live_server, await FakeClient.sign_up(server, "frank", "Frank"))
    await eve.find("Frank")
    await eve.write("до")
    await frank.open("Ева")
    await frank.sees("до")

    await frank.context.set_offline(True)
    await frank.is_offline()
    await eve.write("без тебя")
    await eve.choose("до", "Edit")
    await eve.write("до сих пор")
    await frank.write("в пустоту")
    await frank.write("и ещё")
    await expect(frank.page.locator(".message.pending")).to_have_count(2)
    await eve.sees("до сих пор", "без тебя")

    await frank.context.set_offline(False)
    await frank.is_online()
    for reader in (frank, eve):
        await reader.sees("до сих пор", "без тебя", "в пустоту", "и ещё")
    await expect(frank.page.locator(".message.pending")).to_have_count(0)
    frank.ignore_complaints("ERR_INTERNET_DISCONNECTED")
    assert frank.complaints == []
    await frank.context.close()


async def test_repeated_disconnects_lose_and_double_no_message(
    eve: Reader, her: FakeClient, anna: FakeClient, app: FastAPI
) -> None:
    chat = ok(await anna.post("/chats", {"type": "direct", "member_ids": [her.id]}))["id"]
    await anna.send(chat, "начали")
    await eve.open("Анна")
    expected = ["начали"]
    container = app.state.container
    assert isinstance(container, Container)
    for number in range(5):
        await eve.write(f"Ева {number}")
        for sockets in tuple(container.get(Registry)._sockets.values()):
            for socket in tuple(sockets):
                socket.end(1012)
        await anna.send(chat, f"Анна {number}")
        expected += [f"Ева {number}", f"Анна {number}"]
    await expect(eve.page.locator(".message[data-seq]")).to_have_count(len(expected))
    history = [message["text"] for message in ok(await anna.get(f"/chats/{chat}/messages"))["items"]]
    assert sorted(history) == sorted(expected)
    assert [text for text in history if text.startswith("Ева")] == [f"Ева {number}" for number in range(5)]
    await eve.sees(*history)


async def test_a_direct_chat_whose_events_are_no_longer_kept_has_its_name(
    eve: Reader, her: FakeClient, anna: FakeClient, forget: Forget
) -> None:
    chat = await anna.open_chat(her, type="direct")
    await expect(eve.item("Анна")).to_be_visible()
    await eve.context.set_offline(True)
    await eve.is_offline()
    for text in ("раз", "два", "три"):
        await anna.send(chat, text)
    await forget(chat)
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(eve.page.locator(".sidebar .chat-item")).to_contain_text("три")
    await expect(eve.item("Анна")).to_be_visible()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_the_own_name_is_read_again_if_the_events_are_no_longer_kept(
    eve: Reader, her: FakeClient, forget: Forget
) -> None:
    await eve.context.set_offline(True)
    await eve.is_offline()
    for name in ("Евгения", "Ева Новикова"):
        ok(await her.patch("/accounts/me", {"display_name": name}))
    await forget(her.id)
    await eve.context.set_offline(False)
    await eve.is_online()
    await expect(eve.page.locator(".own")).to_contain_text("Ева Новикова")
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_message_written_before_a_reload_is_sent_afterwards(eve: Reader, anna: FakeClient) -> None:
    await eve.find("Анна")
    await eve.write("раз")
    await expect(eve.page.locator(".message:not(.pending)")).to_have_count(1)
    await eve.context.set_offline(True)
    await eve.is_offline()
    await eve.write("два")
    await expect(eve.page.locator(".message.pending")).to_have_count(1)
    # The page is closed with the unsent message, and opened again.
    await eve.page.goto("about:blank")
    await eve.context.set_offline(False)
    await eve.page.goto(f"{eve.address}/ui")
    await eve.open("Анна")
    await eve.sees("раз", "два")
    await expect(eve.page.locator(".message.pending")).to_have_count(0)
    (chat,) = ok(await anna.get("/chats"))["items"]
    assert chat["last_seq"] == 2
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_an_expired_token_is_refreshed_and_an_ended_session_leads_to_the_sign_in_page(
    eve: Reader, anna: FakeClient
) -> None:
    before = await eve.page.evaluate("localStorage.getItem('messenger.session')")
    await eve.page.evaluate(_SPEND_TOKEN)
    await eve.find("Анна")
    await eve.write("по новому жетону")
    await eve.sees("по новому жетону")
    after = await eve.page.evaluate("localStorage.getItem('messenger.session')")
    assert after != before
    assert "spent" not in after
    sessions = await eve.page.evaluate(
        "fetch('/api/v1/accounts/sessions', {headers: {Authorization: 'Bearer ' + "
        "JSON.parse(localStorage.getItem('messenger.session')).access_token}}).then(answer => answer.json())"
    )
    assert len(sessions["items"]) == 1
    await eve.page.evaluate(
        "fetch('/api/v1/accounts/sign-out', {method: 'POST', headers: {Authorization: 'Bearer ' + "
        "JSON.parse(localStorage.getItem('messenger.session')).access_token}})"
    )
    await expect(eve.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await eve.page.evaluate("localStorage.getItem('messenger.session')") is None
    eve.ignore_complaints("401")


@pytest.mark.parametrize("status", [None, 502])
async def test_a_refresh_whose_answer_is_lost_does_not_end_the_session(
    eve: Reader, anna: FakeClient, status: int | None
) -> None:
    """With a status a proxy answers in place of the server."""
    lost: list[Route] = []

    async def lose_first(route: Route) -> None:
        if lost:
            await route.continue_()
        else:
            lost.append(route)
            await route.fetch()
            if status is not None:
                await route.fulfill(status=status)

    await eve.page.route("**/accounts/refresh", lose_first)
    await eve.page.evaluate(_SPEND_TOKEN)
    await eve.find("Анна")
    await eve.write("по новому жетону")
    await eve.sees("по новому жетону")
    assert len(lost) == 1
    eve.ignore_complaints("401", "502")


async def test_reads_after_a_gap_are_repeated_until_they_succeed(
    eve: Reader, her: FakeClient, anna: FakeClient, forget: Forget
) -> None:
    """Also if later events move the cursor beyond the gap."""
    yard = await anna.open_chat(her, title="Двор")
    await eve.open("Двор")
    await eve.context.set_offline(True)
    await eve.is_offline()
    for text in ("раз", "два"):
        await anna.send(yard, text)
    await forget(yard)
    busy = await Busy.begin(eve.page, f"**/chats/{yard}")
    await eve.context.set_offline(False)
    await eve.is_online()
    await anna.send(yard, "три")
    await expect(eve.page.locator(".sidebar .chat-item")).to_contain_text("три")
    await busy.end_once_asked()
    await eve.sees("раз", "два", "три")
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED", "503")


async def test_a_chat_that_cannot_be_read_when_it_is_joined_is_read_again(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    busy = await Busy.begin(eve.page, "**/api/v1/chats/*")
    await anna.open_chat(her, title="Двор")
    await busy.end_once_asked()
    await expect(eve.item("Двор")).to_be_visible()
    eve.ignore_complaints("503")


async def test_a_name_that_cannot_be_read_is_read_again(
    eve: Reader, her: FakeClient, anna: FakeClient, boris: FakeClient
) -> None:
    busy = await Busy.begin(eve.page, f"**/accounts/{boris.id}")
    yard = await anna.open_chat(her, boris, title="Двор")
    await boris.send(yard, "Привет")
    ok(await boris.delete(f"/chats/{yard}/members/{boris.id}"))
    await eve.open("Двор")
    await busy.end_once_asked()
    await expect(eve.page.locator(".message", has_text="Привет")).to_contain_text("Борис")
    eve.ignore_complaints("503")


async def test_a_chat_that_could_not_be_loaded_is_loaded_when_the_user_asks(
    eve: Reader, anna: FakeClient, yard: str
) -> None:
    await anna.send(yard, "Привет")
    asked: list[str] = []

    async def fail_once(route: Route) -> None:
        asked.append(route.request.url)
        await (route.abort() if len(asked) == 1 else route.continue_())

    await eve.page.route("**/messages?*", fail_once)
    await eve.open("Двор")
    failure = eve.page.get_by_text("The chat could not be loaded.")
    await expect(failure).to_be_visible()
    await eve.page.evaluate("fetch(location.href)")
    assert len(asked) == 1
    await eve.page.get_by_role("button", name="Try again").click()
    await eve.sees("Привет")
    await expect(failure).to_have_count(0)
    eve.ignore_complaints("ERR_FAILED")
