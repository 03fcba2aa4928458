"""Errors of outgoing requests. Their texts do not distinguish what exists inside the own network."""

from typing import ClassVar


class EgressError(Exception):
    """An outgoing request that has no usable response. `outcome` is its label in the metrics."""

    outcome: ClassVar[str]
    text: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(self.text)


class InvalidUrl(EgressError):
    outcome = "invalid_url"
    text = "the URL is not valid"


class Unreachable(EgressError):
    """The host has no address, or none that may be reached, or does not accept the connection or its certificate."""

    outcome = "unreachable"
    text = "the host cannot be reached"


class Refused(Unreachable):
    """An address that is not public. To users it looks like any host that cannot be reached."""

    outcome = "refused"


class TimedOut(EgressError):
    outcome = "timeout"
    text = "the response took too long"


class TooManyRedirects(EgressError):
    outcome = "redirects"
    text = "there are too many redirects"


class TooLarge(EgressError):
    outcome = "too_large"
    text = "the response is too large"


class BadResponse(EgressError):
    """The connection broke, or the response is no HTTP, or it is compressed although this was not offered."""

    outcome = "bad_response"
    text = "the response is not valid"
