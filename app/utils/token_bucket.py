"""How often something may happen: a rate with a burst, for one connection."""


class TokenBucket:
    """A rate with a burst: `burst` at once, and `rate` a second from then on."""

    __slots__ = ("_burst", "_left", "_rate", "_since")

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = self._left = burst
        self._rate = rate
        self._since = 0.0

    def take(self, now: float) -> bool:
        """Takes one; returns False if none is left. `now` is in seconds of a clock that is never set back."""
        self._left = min(self._left + (now - self._since) * self._rate, self._burst)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
