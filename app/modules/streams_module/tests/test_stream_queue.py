"""The queue of streams that wait to be looked at."""

from uuid import uuid4

from app.modules.streams_module.services.subscribers.stream_queue import StreamQueue


def test_a_stream_that_was_notified_and_is_in_the_backlog_is_not_taken_as_a_current_one() -> None:
    """Another process, or an operator, may have moved its cursors."""
    busy, notified = uuid4(), uuid4()
    queue = StreamQueue()
    queue.add([busy], is_live=False)
    queue.add([busy, notified], is_live=True)
    assert queue.take(10) == {busy: False, notified: True}
    assert len(queue) == 0
