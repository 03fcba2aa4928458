"""The choice of the language of a response."""

import re
from typing import Literal

Language = Literal["ru", "en"]

_SUPPORTED: dict[str, Language] = {"ru": "ru", "en": "en"}
_CHOICE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9]{1,8})*\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


def choose_language(accept_language: str | None) -> Language:
    """Returns the language with the highest weight in an Accept-Language header (RFC 9110).

    If the weights are equal, the language that is named first is returned. English is the default, also for an invalid
    header.
    """
    weights: dict[Language, float] = {}
    for part in (accept_language or "").split(","):
        choice = _CHOICE.fullmatch(part)
        if choice is None:
            continue
        language = _SUPPORTED.get(choice[1].lower())
        if language is not None:
            weights[language] = max(float(choice[2] or 1), weights.get(language, 0.0))
    accepted = [language for language, weight in weights.items() if weight > 0]
    return max(accepted, key=lambda language: weights[language], default="en")
