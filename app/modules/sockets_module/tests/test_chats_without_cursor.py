"""Streams without a cursor in hello: a list of chats that changes while it is read has gaps."""

from random import Random

import httpx

from tests.fakers import FakeClient, FakeSocket, ok


async def load(user: FakeClient, limit: int, between_pages: list[tuple[FakeClient, str]]) -> dict[str, int]:
    """Reads the state as documented, page by page. Returns the cursors. After each page a message is sent."""
    me = ok(await user.get("/accounts/me"))
    cursors = {me["id"]: me["event_seq"]}
    cursor: dict[str, str] = {}
    sends = iter(between_pages)
    while True:
        page = ok(await user.get("/chats", limit=limit, **cursor))
        cursors |= {chat["id"]: chat["event_seq"] for chat in page["items"]}
        if page["next_cursor"] is None:
            return cursors
        cursor = {"cursor": page["next_cursor"]}
        for sender, chat in [send for send in (next(sends, None),) if send]:
            await sender.send(chat, "пока читают список")


async def test_hello_names_a_chat_that_moved_while_the_list_was_read(
    anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    lowest, *_ = [await anna.open_chat(boris, title=str(number)) for number in range(4)]
    device = FakeSocket(boris, live_server)
    device.cursors = await load(boris, 2, [(anna, lowest)])
    assert lowest not in device.cursors
    reply = await device.connect()
    assert reply["without_cursor"] == {lowest: 3}
    chat = ok(await boris.get(f"/chats/{lowest}"))
    assert (chat["event_seq"], chat["last_message"]["text"]) == (3, "пока читают список")
    await anna.send(lowest, "дальше")
    await device.until(lambda: bool(device.events[lowest]))
    await device.cut()
    assert device.seqs(lowest) == [4]


async def test_after_hello_every_chat_is_known_whatever_moved_while_the_list_was_read(
    server: httpx.AsyncClient, anna: FakeClient, live_server: str
) -> None:
    for seed in range(8):
        dice = Random(seed)  # noqa: S311 - not a secret
        reader = await FakeClient.sign_up(server, "reader")
        chats = [await anna.open_chat(reader, title=str(number)) for number in range(9)]
        device = FakeSocket(reader, live_server)
        moves = [(anna, dice.choice(chats)) for _ in range(9)]
        device.cursors = await load(reader, dice.randint(1, 4), moves)
        reply = await device.connect()
        # As docs/realtime.md says: the client reads the chats listed here, and then has their cursors.
        for chat_id, seq in reply["without_cursor"].items():
            device.cursors[chat_id] = max(seq, ok(await reader.get(f"/chats/{chat_id}"))["event_seq"])
        heads = {chat["id"]: chat["event_seq"] for chat in ok(await reader.get("/chats", limit=200))["items"]}
        await device.until(lambda device=device, heads=heads: heads.items() <= device.cursors.items())  # type: ignore[misc]
        await device.cut()


async def test_a_hello_without_cursors_starts_at_the_heads(boris: FakeClient, club: str, live_server: str) -> None:
    device = FakeSocket(boris, live_server)
    assert (await device.connect())["without_cursor"] == {}
    await device.cut()


async def test_a_chat_joined_since_the_state_was_read_starts_at_the_joining(
    anna: FakeClient, boris: FakeClient, live_server: str
) -> None:
    device = FakeSocket(boris, live_server)
    device.cursors = await load(boris, 200, [])
    club = await anna.open_chat(boris)
    reply = await device.connect()
    await device.until(lambda: device.seqs(club) == [2])
    await device.cut()
    assert reply["without_cursor"] == {club: 1}
