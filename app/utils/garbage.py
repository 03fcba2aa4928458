"""When Python looks for reference cycles."""

import gc


def collect_rarely() -> None:
    """Collects after 20,000 new objects, not after 700: for each request, and 500 times while a program is imported."""
    gc.set_threshold(20_000, 10, 10)
