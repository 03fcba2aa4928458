"""Names of accounts and of commands in a text."""

import re

from app.modules.entities_module.services.spans import Span
from app.utils.canonical import fold
from app.utils.folding import MARKS

NAME = re.compile(rf"(?<![\w{MARKS}@/])@[A-Za-z0-9_.]++")
_MENTION = re.compile(rf"{NAME.pattern}(?![\w{MARKS}@])")
_SHORTEST, _LONGEST = 3, 32
_ALL = "all"
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?!\S)")


def find_mentions(text: str) -> list[Span]:
    """Returns what may be mentions. Each has the `names` that it may mean, the longest first.

    A username may end with dots, and a sentence as well: `@anna.` may be either. `@anna.smith` is one name.
    """
    spans = []
    for found in _MENTION.finditer(text):
        name = fold(found[0][1:])
        bare = name.rstrip(".")
        start = found.start()
        if bare == _ALL:
            spans.append(Span("mention_all", start, start + 1 + len(_ALL)))
            continue
        lengths = range(min(len(name), _LONGEST), max(len(bare), _SHORTEST) - 1, -1)
        if lengths:
            spans.append(Span("mention", start, start + 1 + lengths[0], {"names": [name[:each] for each in lengths]}))
    return spans


def find_command(text: str) -> list[Span]:
    """Returns the command that the text begins with."""
    found = _COMMAND.match(text)
    return [Span("command", 0, found.end(), {"name": found[1].lower()})] if found else []
