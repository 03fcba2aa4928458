"""When Python looks for reference cycles."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def collect_rarely() -> None:
    """Collects after 20,000 new objects, not after 700: for each request, and 500 times while a program is imported."""
    gc.set_threshold(20_000, 10, 10)


@contextmanager
def not_collecting() -> Iterator[None]:
    """Collects nothing meanwhile. What is imported stays: to look for cycles in it is a tenth of a start."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()
