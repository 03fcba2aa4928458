"""What a server asks for by `Retry-After`."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.adapters.clients.http import HttpResponse


def seconds(*given: str) -> float:
    """Returns the pause that a response with this header asks for, an hour at most."""
    headers = httpx.Headers([(b"retry-after", one.encode()) for one in given])
    return HttpResponse(503, "https://example.com/", headers, b"").retry_after(3_600)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("7", 7),
        ("3601", 3_600),
        ("9" * 5_000, 3_600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3_600),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0),
    ],
)
def test_a_number_and_a_date_are_read_within_bounds(given: str, asked: float) -> None:
    assert seconds(given) == asked


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_a_date_is_compared_with_the_time_of_the_server(zone: str) -> None:
    until = (datetime.now(UTC) + timedelta(minutes=5)).replace(microsecond=0)
    before = datetime.now(UTC)
    asked = seconds(format_datetime(until).replace("+0000", zone))
    assert (until - datetime.now(UTC)).total_seconds() <= asked <= (until - before).total_seconds()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "-1",
        "1.5",
        "\u0663",
        "soon",
        "Mon, 32 Jan 2026 00:00:00 GMT",
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999",
    ],
)
def test_what_is_not_valid_counts_as_none(given: str) -> None:
    assert seconds(given) == 0


def test_without_the_header_there_is_no_pause() -> None:
    assert seconds() == 0
