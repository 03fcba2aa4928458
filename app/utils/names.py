"""What people and chats are found by: their names, in the form that searches for messages compare too.

Whoever changes a function changes the rows of `account` too, by a migration.
"""

from zlib import crc32

from app.utils.folding import fold_text
from app.utils.texts import without_ignored

_GRAM_SIZES = (1, 2)


def search_text(*names: str) -> str:
    """Return what a search is compared with: each name folded, on a line, without what is not seen."""
    return "\n".join(" ".join(without_ignored(fold_text(name)).split()) for name in names)


def search_grams(text: str) -> list[int]:
    """Return the numbers of the pairs of characters in text, and of the single ones: what an index finds it by.

    Of different grams two may share a number: the text itself is compared afterwards.
    """
    return sorted({crc32(text[at : at + n].encode()) - 2**31 for n in _GRAM_SIZES for at in range(len(text) - n + 1)})


def query_grams(text: str) -> list[int]:
    """Return the grams that every text which contains this one has: the longest that fit into it."""
    size = min(len(text), _GRAM_SIZES[-1])
    return sorted({crc32(text[at : at + size].encode()) - 2**31 for at in range(len(text) - size + 1)}) if size else []
