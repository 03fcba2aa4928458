"""Names of accounts and of commands in a text."""

import re

from app.modules.entities_module.services.spans import Span
from app.utils.canonical import fold
from app.utils.emoji import cover_emoji
from app.utils.folding import MARKS

NAME = re.compile(rf"(?<![\w{MARKS}@/])@[A-Za-z0-9_.]++")
_MENTION = re.compile(rf"{NAME.pattern}(?![\w{MARKS}@])")
_SHORTEST, _LONGEST = 3, 32
MAX_MENTIONS = 100
"""In one message, other than of all. Further names are text: up to three names of each are looked up."""
_ALL = "all"
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?!\S)")


def find_mentions(text: str) -> list[Span]:
    """Returns what may be mentions. Each has the up to three `names` that it may mean, the longest first.

    A username may end with dots, and a sentence as well: `@anna.` may be either. `@anna.smith` is one name. With many
    dots, all of them belong to the name, or one, or none.
    """
    spans = []
    count = 0
    for found in _MENTION.finditer(cover_emoji(text)):
        name = fold(found[0][1:])
        bare = name.rstrip(".")
        start = found.start()
        if bare == _ALL:
            spans.append(Span("mention_all", start, start + 1 + len(_ALL)))
            continue
        longest, shortest = min(len(name), _LONGEST), max(len(bare), _SHORTEST)
        if shortest <= longest and count < MAX_MENTIONS:
            lengths = sorted({longest, min(shortest + 1, longest), shortest}, reverse=True)
            spans.append(Span("mention", start, start + 1 + longest, {"names": [name[:each] for each in lengths]}))
            count += 1
    return spans


def find_command(text: str) -> list[Span]:
    """Returns the command that the text begins with."""
    found = _COMMAND.match(text)
    return [Span("command", 0, found.end(), {"name": found[1].lower()})] if found else []
