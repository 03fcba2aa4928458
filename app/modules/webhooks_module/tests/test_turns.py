"""A receiver that hangs delays neither other webhooks nor itself for long."""

from app.modules.webhooks_module.tests.receiving import create, reaching, receiving
from app.utils.container import Container
from tests.fakers import FakeClient


async def test_a_receiver_that_hangs_delays_no_other_webhook(
    anna: FakeClient, boris: FakeClient, container: Container
) -> None:
    async with receiving() as slow, receiving() as receiver, reaching(container):
        slow.hang()
        await create(anna, slow, "/slow", kinds=["message.created"])
        await create(anna, receiver, "/of-anna", kinds=["message.created"])
        await create(boris, receiver, "/of-boris", kinds=["message.created"])
        chats = [await anna.open_chat() for _ in range(40)]
        shared = await anna.open_chat(boris)
        for chat in (*chats, shared):
            await anna.send(chat)
        await receiver.until(1, "/of-boris")
        await receiver.until(41, "/of-anna")
        assert len(await slow.until(4, "/slow")) == 4
        slow.go_on()
        await slow.until(41, "/slow")
