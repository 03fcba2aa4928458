"""The singular of a module's name, and the module that a table belongs to by its name."""

import re
from collections.abc import Iterable

_SAME = re.compile(r"(ss|us|is|news|series|species)$")
_ENDINGS = ((r"(?<=.)ies$", "y"), (r"(?<=ss|ch|sh)es$|(?<=x)es$", ""), (r"(?<=.)s$", ""))


def singular(noun: str) -> str:
    """Returns the singular of a regular English plural (`category` for `categories`), any other noun unchanged."""
    if _SAME.search(noun):
        return noun
    return next(
        (re.sub(ending, singular_ending, noun) for ending, singular_ending in _ENDINGS if re.search(ending, noun)), noun
    )


def owner_of(table: str, modules: Iterable[str]) -> str | None:
    """Returns the module that a table belongs to: `note` and `notes_tag` are of `notes`. None for any other table."""
    prefixes = {f"{noun}_": name for name in sorted(modules) for noun in (singular(name), name)}
    found = (prefix for prefix in prefixes if f"{table}_".startswith(prefix))
    return prefixes.get(max(found, key=len, default=""))
