"""Replays events to a socket from its cursors to the present, in pages from the log, at the client's pace."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from app.modules.sockets_module.extension import ReadableStream
from app.modules.sockets_module.services.socket import Following, Socket
from app.modules.sockets_module.services.sources import Sources
from app.modules.streams_module.services.frames import make_frame
from app.modules.streams_module.services.hub import Gap, Hub
from app.modules.streams_module.services.reader import Reader

_STREAMS_IN_A_ROW = 100
"""Streams of a hello in a row, before other connections get their turn."""
_STREAMS_AT_ONCE = 25
_EVENTS_AT_ONCE = 25
"""Events of one stream per page."""
_BYTES_AT_ONCE = 250_000
"""Bytes of JSON per page. It is kept while the client reads it; each character may take four bytes there."""


def list_starts(streams: Sequence[ReadableStream], account_id: UUID, cursors: Mapping[UUID, int]) -> dict[UUID, int]:
    """Returns for each stream without a cursor in hello the number before its first event on this socket.

    It is empty if hello has no cursor of the account's own stream: that client has no state to complete.
    """
    account_cursor = cursors.get(account_id)
    if account_cursor is None:
        return {}
    return {
        stream.stream_id: _start_of(stream, account_cursor) for stream in streams if stream.stream_id not in cursors
    }


def _start_of(stream: ReadableStream, account_cursor: int | None) -> int:
    joined_since = account_cursor is not None and stream.account_seq > account_cursor
    return stream.joined_seq - 1 if joined_since else stream.last_seq


async def follow_all(socket: Socket, hub: Hub, streams: Sequence[ReadableStream], cursors: Mapping[UUID, int]) -> None:
    """Follows every stream that the account may read, from its cursor or from the default start.

    Cursors of other streams are ignored. If the log cannot continue from a cursor, a gap is sent.
    """
    account_id = socket.identity.account_id
    account_cursor = cursors.get(account_id)
    gaps: list[bytes] = []
    for place, stream in enumerate(streams):
        if place % _STREAMS_IN_A_ROW == _STREAMS_IN_A_ROW - 1:
            await asyncio.sleep(0)
        stream_id, first_seq, last_seq, joined_seq, _ = stream
        if stream_id in hub.feeds:
            # All sockets share one object: it saves memory, and comparing it is fast.
            stream_id = hub.feeds[stream_id].stream_id
        if stream_id == account_id:
            socket.account_head = last_seq
        cursor = cursors.get(stream_id)
        if cursor is None:
            cursor = _start_of(stream, account_cursor)
        gap = None
        if cursor > last_seq or cursor < first_seq - 1:
            gap, cursor = Gap(first_seq, last_seq), last_seq
        reader = socket.own_reader if stream_id == account_id else Reader(stream_id, account_id, joined_seq)
        socket.streams[stream_id] = Following(socket, reader, cursor, known_seq=last_seq)
        if gap is not None:
            gaps.append(socket.encode_gap(stream_id, gap))
    # Before any event of these streams, and at the client's pace: after a restored backup every stream may have a gap.
    await socket.send_buffer.put_page(gaps)
    await _attach(socket, hub, list(socket.streams.values()))


async def find_left(socket: Socket, sources: Sources, cursors: Mapping[UUID, int]) -> None:
    """Prepares the replay of streams that the account has left, from their cursors up to its removal."""
    unknown = [stream_id for stream_id in cursors if stream_id not in socket.streams]
    if not unknown:
        return
    # A stream that is joined later continues from here.
    socket.left_at.update((stream_id, cursors[stream_id]) for stream_id in unknown)
    account_id = socket.identity.account_id
    gaps: list[bytes] = []
    for stream_id, first_seq, left_seq in await sources.list_left(account_id, unknown):
        # Not that of hello: the account may have joined and left again during the read. None while it is a member.
        cursor = socket.left_at.get(stream_id)
        if cursor is None or not max(cursor, first_seq - 1) < left_seq:
            continue
        if cursor < first_seq - 1:
            gaps.append(socket.encode_gap(stream_id, Gap(first_seq, left_seq)))
            socket.left_at[stream_id] = left_seq
        else:
            reader = Reader(stream_id, account_id, left_seq - 1, left_seq)
            socket.left[stream_id] = Following(socket, reader, cursor, known_seq=left_seq)
    if socket.left:
        socket.wake()
    await socket.send_buffer.put_page(gaps)


async def send_left(socket: Socket, hub: Hub) -> None:
    """Sends one page of a stream that the account has left. The stream is not followed, so nothing live is sent."""
    stream_id, following = next(iter(socket.left.items()))
    parts = await hub.read_after({stream_id: following.cursor}, _EVENTS_AT_ONCE, _BYTES_AT_ONCE)
    page = [row for row in parts[stream_id].events if row["seq"] <= following.reader.left_seq]
    await _send(socket, following, page)
    if socket.left.get(stream_id) is not following:
        # The account has joined again meanwhile.
        return
    if not page or following.cursor >= following.reader.left_seq:
        socket.left_at[stream_id] = following.cursor
        del socket.left[stream_id]


async def follow_joined(socket: Socket, hub: Hub) -> None:
    """Follows the streams that the account has joined meanwhile."""
    new = {stream_id: following for stream_id, following in socket.joined.items() if stream_id not in socket.streams}
    socket.joined.clear()
    socket.streams.update(new)
    await _attach(socket, hub, list(new.values()))


async def send_page(socket: Socket, hub: Hub) -> None:
    """Sends one page of the streams that are behind. Streams that have caught up go live.

    Of streams with large events only the first ones fit in the page. The others stay behind.
    """
    part = dict(islice(socket.behind.items(), _STREAMS_AT_ONCE))
    heads = {key: following.feed.last_seq or 0 for key, following in part.items() if following.feed is not None}
    afters = {key: following.cursor for key, following in part.items()}
    pages = await hub.read_after(afters, _EVENTS_AT_ONCE, _BYTES_AT_ONCE)
    for stream_id, (page, has_more) in pages.items():
        if has_more and not page:
            # The page was full before this stream.
            return
        following = part[stream_id]
        # Other connections get their turn: a whole page takes milliseconds.
        await asyncio.sleep(0)
        if not page and following.cursor < heads.get(stream_id, 0):
            # All remaining events were pruned between the two reads.
            socket.put_gap(stream_id, Gap(heads[stream_id] + 1, heads[stream_id]))
            following.cursor = heads[stream_id]
        await _send(socket, following, page)
        if socket.streams.get(stream_id) is not following:
            # The stream has ended for this account. The rest of the page is not sent.
            continue
        if has_more:
            # Moved to the end, so that no stream delays the others.
            socket.behind[stream_id] = socket.behind.pop(stream_id, following)
        else:
            _go_live(socket, following)


async def _send(socket: Socket, following: Following, page: Sequence[Any]) -> None:
    stream_id = str(following.reader.stream_id)
    if page and page[0]["seq"] != following.cursor + 1:
        socket.put_gap(following.reader.stream_id, Gap(page[0]["seq"], page[0]["seq"] - 1))
    for row in page:
        (frame,) = following.reader.show([make_frame(stream_id, row)])
        await socket.send_buffer.put_page([frame.wire])
        if socket.record_sent(following, frame.seq, frame.kind, frame.data):
            return


def _go_live(socket: Socket, following: Following) -> None:
    """Lets the hub deliver the stream live, if it has delivered no more than was read. Otherwise it stays behind."""
    feed = following.feed
    if feed is None or feed.last_seq is None:
        return
    if following.cursor >= feed.last_seq:
        following.is_live, following.is_removed = True, False
        socket.behind.pop(following.reader.stream_id, None)


async def _attach(socket: Socket, hub: Hub, followings: list[Following]) -> None:
    feeds = await hub.follow({following.reader.stream_id: following for following in followings})
    for following, feed in zip(followings, feeds, strict=True):
        following.feed = feed
        following.is_known = feed.last_seq is not None and feed.last_seq <= following.known_seq
        if feed.last_seq is not None and following.cursor >= feed.last_seq:
            following.is_live = True
        else:
            socket.behind[following.reader.stream_id] = following
            socket.wake()
