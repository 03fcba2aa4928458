"""The state of a socket: the streams that it follows, its position in each, and its close codes."""

import json
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import orjson

from app.modules.accounts_module.extension import Identity
from app.modules.sockets_module.extension import Joined
from app.modules.sockets_module.services.send_buffer import SendBuffer
from app.modules.sockets_module.services.sources import Sources
from app.modules.streams_module.services.frames import Frame, encode_text_frame
from app.modules.streams_module.services.hub import Feed, Gap, Hub
from app.modules.streams_module.services.reader import MAY_END, Reader

NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
"""The API key does not have the scope for a socket."""
BAD_FRAME = 4400
POLICY = 1008
"""The client ignores its rate limits."""
REPLACED = 4409
"""The account has opened too many sockets, or sockets with too many streams, and this was the least recently used one.
A reconnect would close another.
"""
TRY_AGAIN = 1013
"""The client reads too slowly, or the server cannot serve it now. It reconnects with its cursors and misses nothing."""


class Following:
    """One stream of one socket, as the hub sees it.

    `cursor`: last number sent. `is_live`: nothing is left to read from the log.

    The account may read the stream as of event `known_seq`. `is_removed`: a removal of the account was delivered by the
    hub, but not yet sent. `is_known`: the events left to read contain no other removal.
    """

    __slots__ = (
        "_changes",
        "_is_filtered",
        "_send_buffer",
        "cursor",
        "feed",
        "is_known",
        "is_live",
        "is_removed",
        "known_seq",
        "reader",
        "socket",
    )

    def __init__(self, socket: "Socket", reader: Reader, cursor: int, known_seq: int) -> None:
        self.socket = socket
        self._send_buffer, self._changes = socket.send_buffer, socket.changes
        self.reader = reader
        self._is_filtered = reader.visible is not None
        self.cursor = cursor
        self.known_seq = known_seq
        self.feed: Feed | None = None
        self.is_live = False
        self.is_known = False
        self.is_removed = False

    @property
    def has_signals(self) -> bool:
        """True while the account certainly may read the stream now. Signals are only for current readers."""
        return self.is_live or (self.is_known and not self.is_removed)

    def look_ahead(self, frame: Frame) -> None:
        """Records a removal at once, before the event itself is sent."""
        if frame.kind in MAY_END:
            self.is_removed |= self.reader.is_cut(frame.seq, frame.kind, frame.data)

    def deliver(self, feed: Feed, frames: Sequence[Frame]) -> None:
        """Sends the next events. What it reads for each event is few objects: they are no longer in the cache."""
        if not self.is_live:
            for frame in frames:
                self.look_ahead(frame)
            return
        if self._is_filtered:
            frames = self.reader.show(frames)
        news: list[bytes] = []
        for frame in frames:
            if frame.seq > self.cursor:
                if frame.seq != self.cursor + 1:
                    self.socket.read_log(self)
                    break
                news.append(frame.wire)
                # Most events have no effect, and each call counts for each follower.
                if frame.kind not in self._changes:
                    self.cursor = frame.seq
                elif self.socket.record_sent(self, frame.seq, frame.kind, frame.data):
                    break
        self._send_buffer.put(news)

    def report_gap(self, feed: Feed, gap: Gap) -> None:
        if self.is_live:
            self.cursor = gap.last_seq
            self.socket.put_gap(feed.stream_id, gap)

    def fail(self, feed: Feed) -> None:
        """Closes the socket: its client reconnects with its cursors, and misses nothing."""
        self.socket.end(TRY_AGAIN)


class Socket:
    """A connected account, as the registry sees it. All methods run in the loop's thread and never block.

    `behind`: streams that must be read from the log first. `left`: streams that the account has left. `joined`: streams
    to be followed. `wake` and `close` are callbacks that replay events and close the connection.
    """

    def __init__(self, identity: Identity, send_buffer: SendBuffer, hub: Hub, sources: Sources) -> None:
        self.connection_id = uuid4()
        self.identity = identity
        self.own_reader = sources.own_reader_of(identity)
        self.send_buffer = send_buffer
        self.streams: dict[UUID, Following] = {}
        # After hello `streams` is filled in several turns of the event loop.
        self.expected_streams = 0
        self.behind: dict[UUID, Following] = {}
        self.left: dict[UUID, Following] = {}
        self.joined: dict[UUID, Following] = {}
        self.wake: Callable[[], None] = lambda: None
        self.close: Callable[[int], None] = lambda code: None
        self.is_closing = False
        self.used_at = monotonic()
        # False after the session is revoked or has expired. Requests received before are not executed after that.
        self.is_signed_in = True
        # Last number that the client has of each stream that the account may not read.
        self.left_at: dict[UUID, int] = {}
        self.account_head = 0
        # Accounts of which this one gets no signals.
        self.hidden: frozenset[str] = frozenset()
        self._hub = hub
        self._joins = sources.joins
        self.changes = sources.changes

    @property
    def stream_count(self) -> int:
        """The number of streams that the socket follows or is about to follow, as far as it is known."""
        return max(self.expected_streams, len(self.streams))

    def end(self, code: int) -> None:
        """Closes the socket with a code, without waiting for buffered frames. Only the first code counts."""
        if not self.is_closing:
            self.is_closing = True
            self.send_buffer.close()
            self.close(code)

    def end_session(self) -> None:
        """Closes the socket, because the session was revoked, has expired, or must be refreshed."""
        self.is_signed_in = False
        self.end(NOT_SIGNED_IN)

    def answer(self, reply_to: int | str, data: bytes) -> None:
        """Sends the reply to an executed request. `data` is JSON."""
        self.send_buffer.put(
            [encode_text_frame(b'{"reply_to":', orjson.dumps(reply_to), b',"status":"ok","data":', data, b"}")]
        )

    def refuse(self, reply_to: int | str | None, problem: Mapping[str, Any]) -> None:
        """Sends the error reply to a refused request."""
        # Not by orjson: the id or the problem may contain lone surrogates.
        reply = json.dumps({"reply_to": reply_to, "status": "error", "error": problem}, default=str)
        self.send_buffer.put([encode_text_frame(reply.encode())])

    def follows(self, stream_id: UUID) -> bool:
        following = self.streams.get(stream_id)
        return following is not None and not following.is_removed

    def put_gap(self, stream_id: UUID, gap: Gap) -> None:
        """Sends a gap. The client reads the stream's state again; events after `last_seq` continue on this socket."""
        self.send_buffer.put([self.encode_gap(stream_id, gap)])

    @staticmethod
    def encode_gap(stream_id: UUID, gap: Gap) -> bytes:
        payload = {"stream_id": str(stream_id), "first_seq": gap.first_seq, "last_seq": gap.last_seq}
        return encode_text_frame(orjson.dumps({"gap": payload}))

    def record_sent(self, following: Following, seq: int, kind: str, data: bytes) -> bool:
        """Records that an event was sent, and its effects. True if it is the stream's last for this socket."""
        following.cursor = seq
        if kind not in self.changes:
            return False
        if following.reader.stream_id == self.identity.account_id:
            find_joined = self._joins.get(kind)
            if find_joined is not None and seq > self.account_head:
                self._join(find_joined(orjson.loads(data)))
            return False
        if following.reader.is_cut(seq, kind, data):
            self.left_at[following.reader.stream_id] = seq
            self.forget(following)
            return True
        return False

    def read_log(self, following: Following) -> None:
        """Reads the stream's next events from the log, because the delivered ones do not follow the last one sent."""
        following.is_live = following.is_known = False
        self.behind[following.reader.stream_id] = following
        self.wake()

    def forget(self, following: Following) -> None:
        stream_id = following.reader.stream_id
        self.streams.pop(stream_id, None)
        self.behind.pop(stream_id, None)
        if following.feed is not None:
            self._hub.leave(following.feed, following)

    def leave_all(self) -> None:
        """Stops following all streams, because the socket has closed."""
        for following in self.streams.values():
            if following.feed is not None:
                self._hub.leave(following.feed, following)
        self.streams.clear()
        self.behind.clear()
        self.left.clear()

    def _join(self, joined: Joined) -> None:
        """Prepares to follow a stream that the account has just joined, from the event of its joining.

        A stream that this socket had before continues where it stopped.
        """
        stream_id, joined_seq = joined
        known = self.streams.get(stream_id) or self.joined.get(stream_id)
        reader = Reader(stream_id, self.identity.account_id, joined_seq)
        if known is not None:
            # Removed and added again before the removal was sent, or before the stream was followed: reading continues.
            known.reader, known.known_seq = reader, joined_seq
            return
        following = self.left.pop(stream_id, None)
        if following is not None:
            following.reader, following.known_seq = reader, joined_seq
        else:
            cursor = min(self.left_at.pop(stream_id, joined_seq), joined_seq - 1)
            following = Following(self, reader, cursor, joined_seq)
        self.joined[stream_id] = following
        self.wake()
