"""Messages that are stored leave the page's queue, whatever it has received about them."""

from playwright.async_api import WebSocketRoute, expect

from app.modules.attachments_module.tests.uploading import upload
from tests.acceptance.ui.conftest import Forget
from tests.browsers import Reader
from tests.fakers import FakeClient, eventually

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
    await page.goto("about:blank")
    await eve.context.set_offline(False)
    file = await upload(her, b"...")
    await her.send(yard, "Смотрите", client_msg_id=waiting["client_msg_id"], attachments=[file["id"]])
    await page.goto(f"{eve.address}/ui")
    await eve.open("Двор")

    async def is_empty() -> bool:
        return bool(await page.evaluate(_WAITING) == [])

    await eventually(is_empty)
    await expect(page.locator(".message.failed")).to_have_count(0)
    await eve.sees("Смотрите")
    await eve.is_online()
    eve.ignore_complaints("ERR_INTERNET_DISCONNECTED")
