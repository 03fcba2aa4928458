"""Messages that are stored leave the page's queue, whatever it has received about them."""

from playwright.async_api import WebSocketRoute, expect

from app.modules.attachments_module.tests.uploading import upload
from tests.acceptance.ui.conftest import Forget
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually, ok

_WAITING = "Object.values(localStorage).filter(text => text.includes('client_msg_id')).map(text => JSON.parse(text))"


async def test_a_message_whose_event_never_comes_leaves_the_queue_after_the_gap(
    eve: Reader, anna: FakeClient, yard: str, forget: Forget
) -> None:
    page, sockets = eve.page, list[WebSocketRoute]()

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        if len(sockets) == 1:
            server.on_message(lambda text: None if "message.created" in str(text) else socket.send(text))

    await page.route_web_socket("**/ws", connect)
    await page.reload()
    await eve.is_online()
    await eve.open("Двор")
    await eve.write("раз")
    await expect(page.locator(".message.sent")).to_have_count(1)
    await anna.send(yard, "два")
    await forget(yard)
    await sockets[0].close()
    await eve.sees("раз", "два")
    await expect(page.locator(".message.sent")).to_have_count(0)
    assert await page.evaluate(_WAITING) == []
    await eve.is_online()


async def test_a_message_that_is_stored_with_other_files_leaves_the_queue(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    """As after a lost reply and the removal of a file."""
    page = eve.page
    await eve.open("Двор")
    await eve.context.set_offline(True)
    await eve.is_offline()
    await eve.write("Смотрите")
    await expect(page.locator(".message.pending")).to_have_count(1)
    (waiting,) = await page.evaluate(_WAITING)
    file = await upload(her, b"...")
    await her.send(yard, "Смотрите", client_msg_id=waiting["client_msg_id"], attachments=[file["id"]])
    await page.goto("about:blank")
    await eve.context.set_offline(False)
    await page.goto(f"{eve.address}/ui")
    await eve.open("Двор")

    async def is_empty() -> bool:
        return bool(await page.evaluate(_WAITING) == [])

    await eventually(is_empty)
    await expect(page.locator(".message.failed")).to_have_count(0)
    await eve.sees("Смотрите")
    await eve.is_online()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")


async def test_a_refused_message_is_sent_again_only_when_the_user_asks(
    eve: Reader, her: FakeClient, anna: FakeClient
) -> None:
    chat = await anna.open_chat(her, type="direct")
    await eve.open("Анна")
    ok(await anna.put(f"/accounts/me/blocks/{her.id}"))
    await eve.write("Привет")
    failed = eve.page.locator(".message.failed")
    await expect(failed).to_contain_text("You cannot write to each other.")
    ok(await anna.delete(f"/accounts/me/blocks/{her.id}"))
    await eve.page.reload()
    await eve.is_online()
    await eve.write("Ты здесь?")
    await expect(eve.page.locator(".message[data-seq]")).to_contain_text("Ты здесь?")
    await expect(failed).to_contain_text("You cannot write to each other.")
    assert [message["text"] for message in ok(await anna.get(f"/chats/{chat}/messages"))["items"]] == ["Ты здесь?"]
    await failed.get_by_role("button", name="Try again").click()
    await eve.sees("Ты здесь?", "Привет")


async def test_a_message_to_a_chat_that_the_user_has_left_leaves_the_queue(
    eve: Reader, her: FakeClient, yard: str
) -> None:
    page = eve.page
    await eve.open("Двор")
    await eve.context.set_offline(True)
    await eve.is_offline()
    await eve.write("Привет")
    await expect(page.locator(".message.pending")).to_have_count(1)
    await page.goto("about:blank")
    ok(await her.delete(f"/chats/{yard}/members/{her.id}"))
    await eve.context.set_offline(False)
    await page.goto(f"{eve.address}/ui")
    await eve.is_online()

    async def is_empty() -> bool:
        return bool(await page.evaluate(_WAITING) == [])

    await eventually(is_empty)
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED", "404")
