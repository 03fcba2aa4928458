"""The token bucket that limits the rate of one connection."""


class TokenBucket:
    """A rate limit with a burst: `burst` actions at once, and `rate` per second from then on."""

    __slots__ = ("_burst", "_left", "_rate", "_since")

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = self._left = burst
        self._rate = rate
        self._since = 0.0

    def take(self, now: float) -> bool:
        """Takes one token. Returns False if none is left. `now` is in seconds of a monotonic clock."""
        self._left = min(self._left + (now - self._since) * self._rate, self._burst)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
