"""Large events over HTTP: a page and what is kept for a slow reader are limited in bytes."""

from itertools import chain
from uuid import UUID

import orjson
import pytest

from app.modules.streams_module.services import reader as readers
from app.modules.streams_module.services.frames import encode_events
from app.modules.streams_module.services.hub import Feed
from app.modules.streams_module.services.reader import LogReader, Reader
from app.modules.streams_module.services.watcher import Watcher
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import FakeClient, ok

EVENTS, SIZE = 30, 100_000
_ADD = """
WITH moved AS (UPDATE stream SET last_seq = last_seq + $2 WHERE id = $1 RETURNING id, last_seq - $2 AS base)
INSERT INTO event (stream_id, seq, kind, data, at)
SELECT id, base + n, 'chat.updated', json_build_object('title', repeat(' ', $3)), now()
FROM moved, generate_series(1, $2::bigint) AS n
"""


@pytest.fixture
async def head(container: Container, club: str) -> int:
    """Adds large events to the chat. Returns the number of the last one."""
    await rows(container, _ADD, UUID(club), EVENTS, SIZE)
    (stream,) = await rows(container, "SELECT last_seq FROM stream WHERE id = $1", UUID(club))
    return int(stream["last_seq"])


async def read_all(user: FakeClient, chat: str) -> list[list[int]]:
    """Returns the numbers on each page, as a client reads them that continues until `last_seq`."""
    pages: list[list[int]] = []
    after, last_seq = 0, 1
    while after < last_seq:
        response = await user.get(f"/chats/{chat}/events", after=after, limit=200)
        assert len(response.content) < readers._PAGE_BYTES + 2 * SIZE
        page = ok(response)
        pages.append([item["seq"] for item in page["items"]])
        after, last_seq = pages[-1][-1], page["last_seq"]
    return pages


async def test_large_events_are_read_on_several_pages_without_a_gap(anna: FakeClient, club: str, head: int) -> None:
    assert readers._PAGE_BYTES == 1_000_000
    pages = await read_all(anna, club)
    assert list(chain.from_iterable(pages)) == list(range(1, head + 1))
    assert len(pages) == 3


async def test_a_removed_member_reads_large_events_up_to_the_removal(
    anna: FakeClient, boris: FakeClient, club: str, head: int
) -> None:
    assert (await anna.delete(f"/chats/{club}/members/{boris.id}")).status_code == 204
    await anna.send(club, "после")
    after, seqs = 1, list[int]()
    while not seqs or seqs[-1] <= head:
        page = ok(await boris.get(f"/chats/{club}/events", after=after, limit=200))
        seqs += [item["seq"] for item in page["items"]]
        after = seqs[-1]
        assert page["last_seq"] == head + 1
    assert seqs == list(range(2, head + 2))
    assert page["items"][-1]["kind"] == "member.removed"


async def test_an_event_that_is_larger_than_a_page_is_a_page(
    anna: FakeClient, club: str, head: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_PAGE_BYTES", 1)
    page = ok(await anna.get(f"/chats/{club}/events", after=head - 2, limit=200))
    assert ([item["seq"] for item in page["items"]], page["last_seq"]) == ([head - 1], head)


async def test_server_sent_events_read_large_events_in_parts(
    anna: FakeClient, container: Container, club: str, head: int
) -> None:
    log_reader = container.get(LogReader)
    events, has_more = await log_reader._read(UUID(club), head - EVENTS)
    assert (len(events), has_more) == (3, True)
    sent = log_reader.server_sent_events(Reader(UUID(club), anna.uuid), 0, lambda: len(seqs) < head)
    seqs: list[int] = []
    async for part in sent:
        if part.startswith(b"id: "):
            seqs.append(orjson.loads(part.partition(b"data: ")[2])["seq"])
    assert seqs == list(range(1, head + 1))


async def test_large_live_events_are_not_kept_for_a_slow_reader() -> None:
    stream_id = UUID(int=1)
    feed, watcher, data = Feed(stream_id), Watcher(), b'{"title":"%b"}' % (b" " * SIZE)
    few = encode_events(str(stream_id), 1, "chat.updated", [data] * 3, "now")
    watcher.deliver(feed, few)
    assert watcher.take_after(0) == few
    for first_seq in range(4, EVENTS, 3):
        watcher.deliver(feed, encode_events(str(stream_id), first_seq, "chat.updated", [data] * 3, "now"))
    assert watcher.take_after(3) is None
