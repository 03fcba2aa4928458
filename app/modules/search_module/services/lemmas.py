"""Russian words by the forms that a dictionary has, where SEARCH_LEMMAS is set. Queries are widened, not the index."""

from collections.abc import Sequence
from functools import lru_cache

from app.modules.search_module.services.words import RUSSIAN, lexemes_of_forms
from app.utils.folding import fold_text

_LEAST_SCORE = 0.05
"""The least score of a reading of a word (pymorphy3: 0 to 1). Less likely readings find words that are not meant."""


class Lemmas:
    """Widens the words of queries. The dictionary takes 60 MB and half a second."""

    def __init__(self) -> None:
        # It may not be installed.
        from pymorphy3 import MorphAnalyzer

        self._parse = MorphAnalyzer().parse
        self.expand = lru_cache(maxsize=20_000)(self._expand)

    def _expand(self, word: str) -> Sequence[str]:
        """Returns the lexemes of the forms of a folded word."""
        if not RUSSIAN.fullmatch(word):
            return ()
        forms = {form.word for reading in self._parse(word) if reading.score >= _LEAST_SCORE for form in reading.lexeme}
        return lexemes_of_forms(word, map(fold_text, forms))
