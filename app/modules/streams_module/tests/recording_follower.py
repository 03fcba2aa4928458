"""A follower that records what it gets."""

from collections.abc import Sequence

from app.modules.streams_module.services.frames import Frame
from app.modules.streams_module.services.hub import Feed, Gap


class Recorder:
    """Follows one stream."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.gaps: list[Gap] = []

    def deliver(self, feed: Feed, frames: Sequence[Frame]) -> None:
        self.frames += frames

    def report_gap(self, feed: Feed, gap: Gap) -> None:
        self.gaps.append(gap)

    def fail(self, feed: Feed) -> None:
        raise AssertionError
