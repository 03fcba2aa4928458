"""Lexemes as PostgreSQL reads them: values of tsvector and tsquery, written and quoted here.

No text of a user goes through `to_tsquery` and the like: they parse what is in quotes again.
"""

from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat
from uuid import UUID

from app.modules.search_module.services.query import Query, Slot, Term
from app.modules.search_module.services.words import lexemes_of, plain_words, words_of
from app.utils.folding import fold_text

_POSITIONS = tuple(map(str, range(1, 16_384)))
"""As far as PostgreSQL counts. No text has so many words."""


def flag_lexeme(flag: str) -> str:
    """Returns the lexeme of messages that have a file, a link or a mention. No word begins with such a sign."""
    return f"#{flag}"


def sender_lexeme(account_id: UUID) -> str:
    """Returns the lexeme of messages of an account. Another account may share it: the sender is compared as well."""
    return f"@{account_id.hex[:12]}"


def write_tsvector(text: str, extra: Iterable[str] = ()) -> str:
    """Returns the tsvector of a message: its words with their positions, and lexemes without.

    PostgreSQL sorts the lexemes and puts the positions of each together.
    """
    folded = fold_text(text)
    written = list(map(quote, extra))
    plain = plain_words(folded)
    if plain is None:
        written += [f"{quote(lexeme)}:{word.position}" for word in words_of(folded) for lexeme in word.lexemes]
    else:
        # The same for most texts, in a third of the time.
        written += map(str.replace, map(_word_at, plain), repeat("?"), _POSITIONS)
    return " ".join(written)


def write_tsquery(query: Query, sender_id: UUID | None = None, *, indexed_only: bool = False) -> str | None:
    """Returns the tsquery of a query, None for one that has no part of this kind.

    `indexed_only` leaves out what an index would take long for.
    """
    parts = [_write_term(term) for term in query.terms if term.is_indexed or not indexed_only]
    parts += [quote(flag_lexeme(flag)) for flag in sorted(query.has)]
    if sender_id is not None:
        parts.append(quote(sender_lexeme(sender_id)))
    return " & ".join(parts) or None


def quote(lexeme: str) -> str:
    """Returns a lexeme in quotes, for the input of tsvector and tsquery."""
    if "\\" in lexeme or "'" in lexeme:
        lexeme = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{lexeme}'"


@lru_cache(maxsize=100_000)
def _word_at(word: str) -> str:
    """Returns the lexemes of a folded word without signs, with `?` in place of its position."""
    return " ".join(f"{quote(lexeme)}:?" for lexeme in lexemes_of(word))


def _write_term(term: Term) -> str:
    sequence = " <-> ".join(map(_write_slot, term.slots))
    written = f"({sequence} | {_write_slot(term.joined)})" if term.joined else f"({sequence})"
    return f"!{written}" if term.is_negated else written


def _write_slot(slot: Slot) -> str:
    alternatives = [quote(lexeme) for lexeme in slot.lexemes]
    if slot.prefix is not None:
        alternatives.append(f"{quote(slot.prefix)}:*")
    return f"({' | '.join(alternatives)})"
