"""Reads an `Accept` header (RFC 9110, section 12.5.1)."""

import re
from typing import NamedTuple

_RANGE = re.compile(r"\s*([^\s;/]+)/([^\s;/]+)\s*(;.*)?", re.DOTALL)
_WEIGHT = re.compile(r";\s*q\s*=\s*([^;\s]*)", re.IGNORECASE)
_VALID_WEIGHT = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", re.ASCII)
_RANGES_READ = 50
"""How many ranges of one header are read. A header may have 64 KiB."""


class Preference(NamedTuple):
    """A client's preference for a media type: the weight, from 0 to 1, of the most exact range that matches it."""

    weight: float
    exactness: int
    """2 for the type itself, 1 for `text/*`, 0 for `*/*`, -1 if no range matches."""


def preference_for(media_type: str, accept: str) -> Preference:
    """Returns the client's preference for a media type. Ranges that RFC 9110 does not allow are skipped."""
    kind, _, subtype = media_type.partition("/")
    exactness_of = {(kind, subtype): 2, (kind, "*"): 1, ("*", "*"): 0}
    best = Preference(0.0, -1)
    for part in accept.lower().split(",", _RANGES_READ)[:_RANGES_READ]:
        found = _RANGE.fullmatch(part)
        exactness = exactness_of.get((found[1], found[2]), -1) if found else -1
        weight = _WEIGHT.search(found[3] or "") if found else None
        if exactness < 0 or (weight is not None and not _VALID_WEIGHT.fullmatch(weight[1])):
            continue
        given = Preference(float(weight[1]) if weight is not None else 1.0, exactness)
        best = max(best, given, key=lambda preference: (preference.exactness, preference.weight))
    return best
