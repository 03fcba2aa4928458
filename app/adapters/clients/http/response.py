"""What a server answered."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete response. `url`: the last address, after redirects. `is_cut`: the body was longer than allowed.

    A body in too many chunks counts as too long.
    """

    status: int
    url: str
    headers: httpx.Headers
    body: bytes
    is_cut: bool = False

    def retry_after(self, most: float) -> float:
        """Returns the seconds of `Retry-After`, a number or a date, but not more than `most`.

        0 without the header, or if it is not valid.
        """
        given = self.headers.get("retry-after", "").strip()
        if given.isascii() and given.isdecimal():
            return min(float(given), most)
        try:
            until = parsedate_to_datetime(given)
        except (ValueError, OverflowError):
            return 0.0
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), most)
