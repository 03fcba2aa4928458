"""The search text of names of accounts and chats, folded like the text of messages.

A change of a function requires a migration that updates the rows of `account`.
"""

from zlib import crc32

from app.utils.folding import fold_text
from app.utils.texts import without_ignored

_GRAM_SIZES = (1, 2)


def search_text(*names: str) -> str:
    """Returns the text that a search is compared with: each name on a line, folded, without invisible characters."""
    return "\n".join(" ".join(without_ignored(fold_text(name)).split()) for name in names)


def search_grams(text: str) -> list[int]:
    """Returns the hashes of the text's single characters and pairs of characters, for the index.

    Two grams may have the same hash, so a search compares the text itself afterwards.
    """
    return sorted({crc32(text[at : at + n].encode()) - 2**31 for n in _GRAM_SIZES for at in range(len(text) - n + 1)})


def query_grams(text: str) -> list[int]:
    """Returns the hashes that every text which contains this one has: those of its longest grams."""
    size = min(len(text), _GRAM_SIZES[-1])
    return sorted({crc32(text[at : at + size].encode()) - 2**31 for at in range(len(text) - size + 1)}) if size else []
