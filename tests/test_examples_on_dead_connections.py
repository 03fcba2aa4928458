"""The example client in JavaScript notices a connection that carries nothing more. The other has a library for that."""

from urllib.parse import quote

from tests.fakers import FakeClient, eventually, ok
from tests.messengers import in_node
from tests.wire import wire_to

# Time passes ten times faster for the client.
_FAST = """
for (const name of ['setTimeout', 'setInterval']) {
  const start = globalThis[name];
  globalThis[name] = (run, ms, ...more) => start(run, ms / 10, ...more);
}
"""


async def test_a_client_connects_again_if_its_connection_is_dead(
    live_server: str, anna: FakeClient, boris: FakeClient, club: str
) -> None:
    head = ok(await anna.get(f"/chats/{club}"))["event_seq"]
    tokens = {"access_token": boris.access_token, "refresh_token": boris.refresh_token}
    host, _, port = live_server.rpartition(":")
    fast = f"--import=data:text/javascript,{quote(_FAST)}"
    async with wire_to(host, int(port)) as wire, in_node(f"http://{wire.address}", tokens, fast) as read:

        async def has_all() -> bool:
            return (await read()).seqs(club) == list(range(head + 1, sent + 1))

        sent = head + 1
        await anna.send(club, "до")
        await eventually(has_all)
        wire.forget()
        sent += 1
        await anna.send(club, "после")
        await eventually(has_all)
