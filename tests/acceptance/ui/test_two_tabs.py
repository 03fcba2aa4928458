"""The end of a session, and two tabs of one browser, which share a session and what is not sent yet."""

from pathlib import Path

from playwright.async_api import Browser, Page, WebSocketRoute, expect

from tests.acceptance.ui.conftest import HeldPieces
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok


async def test_a_tab_follows_a_sign_in_of_another_tab(
    browser: Browser, live_server: str, her: FakeClient, anna: FakeClient
) -> None:
    reader = await Reader.open_window(browser, live_server)
    second = await reader.context.new_page()
    reader.note_errors(second)
    await second.goto(f"{reader.address}/ui")
    await expect(second.locator("#login")).to_be_visible()
    await reader.sign_in(her.username)
    await expect(second.locator(".own")).to_contain_text("Ева")
    await (await reader.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await expect(second.locator("#login")).to_be_visible()
    await reader.sign_in(anna.username)
    await expect(second.locator(".own")).to_contain_text("Анна")
    # The socket may end before the answer to the sign-out is there: then the page asks for new tokens.
    reader.ignore_complaints("401")
    assert reader.complaints == []
    await reader.context.close()


async def test_a_session_that_ends_leaves_no_dialog_open(eve: Reader, her: FakeClient) -> None:
    await eve.settings()
    await expect(eve.page.get_by_role("dialog")).to_have_count(1)
    ok(await her.post("/accounts/sign-out"))
    await expect(eve.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(eve.page.locator("dialog")).to_have_count(0)
    eve.ignore_complaints("401")


async def test_a_link_to_a_chat_is_followed_after_the_sign_in_if_the_session_had_ended(
    browser: Browser, live_server: str, her: FakeClient, yard: str
) -> None:
    reader = await Reader.open_signed_in(browser, live_server, her)
    await reader.page.goto("about:blank")
    ok(await her.post("/accounts/sign-out"))
    await reader.page.goto(f"{reader.address}/ui#/{yard}")
    await expect(reader.page.locator(".toast")).to_have_text("You are signed out.")
    await reader.fill_sign_in(her.username)
    await expect(reader.page.locator(".conversation")).to_contain_text("Двор")
    # The next user of this browser sees nothing of it.
    await (await reader.settings()).get_by_role("button", name="Sign out", exact=True).click()
    await expect(reader.page.locator("#login")).to_be_visible()
    assert yard not in reader.page.url
    await reader.context.close()
    reader.ignore_complaints("401")
    assert reader.complaints == []


async def _second_tab(eve: Reader, chat: str) -> Page:
    """Returns another tab of her browser that shows the chat."""
    tab = await eve.context.new_page()
    eve.note_errors(tab)
    await tab.goto(f"{eve.address}/ui#/{chat}")
    await expect(tab.locator(".state")).to_have_attribute("data-state", "online")
    await expect(tab.get_by_role("button", name="Attach files")).to_be_visible()
    return tab


async def test_another_tab_takes_over_an_upload_when_its_tab_is_closed(eve: Reader, yard: str, film: Path) -> None:
    held = HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await eve.page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    other = await _second_tab(eve, yard)
    await expect(other.locator(".upload")).to_have_count(0)
    await eve.page.close()
    await expect(other.locator(".tray .upload.done")).to_have_count(1)


async def test_another_tab_sends_a_message_with_its_file_when_its_tab_is_closed(
    eve: Reader, yard: str, film: Path
) -> None:
    other = await _second_tab(eve, yard)
    held = HeldPieces(eve)
    await held.begin()
    await eve.open("Двор")
    await eve.page.locator("input[type=file]").set_input_files(film)
    await eventually(held.is_held)
    await eve.write("Смотрите")
    await expect(other.locator(".message.pending")).to_contain_text("Смотрите")
    await expect(other.locator(".tray .upload")).to_have_count(0)
    await eve.page.close()
    sent = other.locator(".message[data-seq]")
    await expect(sent).to_contain_text("Смотрите")
    await expect(sent.locator(".file-name")).to_have_text("Фильм.bin")
    await expect(other.locator(".upload")).to_have_count(0)


async def test_a_message_that_one_tab_cannot_send_is_sent_by_another_once(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    def drop_sends(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda text: None if '"send"' in str(text) else server.send(text))

    await eve.page.route_web_socket("**/ws", drop_sends)
    await eve.page.reload()
    await eve.is_online()
    await eve.open("Двор")
    other = await _second_tab(eve, yard)
    await eve.write("Привет")
    await expect(other.locator(".message[data-seq]")).to_contain_text("Привет")
    await expect(eve.page.locator(".message.pending")).to_have_count(0)
    await eve.sees("Привет")
    await other.close()
