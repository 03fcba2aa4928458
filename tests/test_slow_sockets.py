"""A WebSocket whose client reads slowly, but all the time, lives and is served. One whose client does not is closed."""

from tests.slow_socket import Replay, connected


async def test_what_a_client_sends_is_received_while_it_reads_a_replay() -> None:
    replay = Replay(count=200, size=20_000)
    async with connected(replay, kernel_takes=65_536) as (_, client):
        await client.read(100_000)
        await client.send("meanwhile")
        while not replay.texts and not replay.is_sent:
            await client.read(20_000)
        assert (replay.texts, replay.is_sent) == (["meanwhile"], False)
