"""Russian words by the forms that a dictionary has, where SEARCH_LEMMAS is set. Queries are widened, not the index."""

import re
from collections.abc import Sequence
from functools import lru_cache

from app.modules.search_module.services.words import exact_lexeme, stem_of
from app.utils.folding import fold_text

_RUSSIAN = re.compile("[а-я]+")
_LEAST_SCORE = 0.05
"""The least score of a reading of a word (pymorphy3: 0 to 1). Less likely readings find words that are not meant."""


class Lemmas:
    """Widens the words of queries. The dictionary takes 60 MB and half a second."""

    def __init__(self) -> None:
        # Not for those who have not installed it.
        from pymorphy3 import MorphAnalyzer

        self._parse = MorphAnalyzer().parse
        self.expand = lru_cache(maxsize=20_000)(self._expand)

    def _expand(self, word: str) -> Sequence[str]:
        """Returns the lexemes of the forms of a folded word that have another stem than the word itself.

        They are compared as they are written: short stems belong to other words as well (the one of `брать` is `брат`).
        """
        if not _RUSSIAN.fullmatch(word):
            return ()
        forms = {form.word for reading in self._parse(word) if reading.score >= _LEAST_SCORE for form in reading.lexeme}
        stem = stem_of(word)
        return sorted({exact_lexeme(form) for form in map(fold_text, forms) if stem_of(form) != stem})
