"""What is searched for: the language of `q`, read into terms and filters.

    q       = item*                                  separated by white space
    item    = ["-"] (filter | phrase | chunk)
    filter  = ("from" | "in" | "has" | "before" | "after") ":" value
    phrase  = quote text quote                       the end of q closes an open one
    chunk   = any other characters                   several words in it, as in an address, follow each other

All terms have to be found. The last word is found as a prefix too, unless white space or a closing quote follows it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from app.modules.search_module.services.words import GLUE, exact_lexeme, grams_of, lexemes_of, pieces_of
from app.services.errors import ValidationFailed
from app.utils.folding import fold_text

MAX_QUERY = 200
MAX_TERMS = 12
MAX_WORDS = 200
"""Of all terms. A pair of characters of a script without spaces is one; few characters may stand for many words."""
LEAST_INDEXED_PREFIX = 3
"""Characters. Too many words begin with fewer."""

_OPENING = '"“”„«'
_CLOSING = '"“”»'
_ITEM = re.compile(
    rf"(?P<minus>-(?!-))?(?:(?P<name>from|in|has|before|after):(?P<value>[^\s{_OPENING}]*)"
    rf"|[{_OPENING}](?P<phrase>[^{_CLOSING}]*)(?P<closed>[{_CLOSING}])?"
    rf"|(?P<chunk>[^\s{_OPENING}]+))",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s")

Expand = Callable[[str], Sequence[str]]
"""Returns further lexemes that a folded word is found by."""


@dataclass(frozen=True)
class Slot:
    """One place in a sequence of words: any of the lexemes fits, and any that begins with `prefix`."""

    lexemes: tuple[str, ...]
    prefix: str | None = None

    def fits(self, lexeme: str) -> bool:
        return lexeme in self.lexemes or (self.prefix is not None and lexeme.startswith(self.prefix))


@dataclass(frozen=True)
class Term:
    """Words that follow each other; or one word written together, as `joined` has it."""

    slots: tuple[Slot, ...]
    joined: Slot | None = None
    is_negated: bool = False

    @property
    def is_indexed(self) -> bool:
        """Returns True if an index finds it in a short time."""
        return not self.is_negated and all(
            slot.prefix is None or len(slot.prefix) >= LEAST_INDEXED_PREFIX for slot in self.slots
        )


@dataclass(frozen=True)
class Query:
    """What is searched for. Times are UTC: from `after` on, up to but not with `before`."""

    terms: tuple[Term, ...] = ()
    sender: str | None = None
    chat_id: UUID | None = None
    has: frozenset[str] = field(default_factory=frozenset)
    before: datetime | None = None
    after: datetime | None = None


def parse_query(text: str, *, flags: Sequence[str], expand: Expand = lambda _: (), is_filtered: bool = False) -> Query:
    """Returns the query in `text`. `flags` are the values that `has:` may have here.

    It may have nothing but negations if it `is_filtered` by other parameters. Raises ValidationFailed with what is
    wrong.
    """
    if not 1 <= len(text) <= MAX_QUERY:
        raise _refusal(f"1 to {MAX_QUERY} characters")
    # A quote with nothing in it is a sign after the last word.
    end = len(text.rstrip(_OPENING))
    terms: list[Term] = []
    filters: dict[str, str] = {}
    has: set[str] = set()
    for item in _ITEM.finditer(text):
        if item["name"] is None:
            is_open = item.end() >= end and item["closed"] is None
            terms += _read_term(item, expand, ends_open=is_open)
            continue
        name, value = item["name"].lower(), item["value"]
        if item["minus"]:
            raise _refusal(f"{name}: cannot be negated")
        if name == "has":
            if value.lower() not in flags:
                raise _refusal(f"has: is one of {', '.join(flags)}")
            has.add(value.lower())
        elif filters.setdefault(name, value) != value:
            raise _refusal(f"{name}: may be given once")
    if len(terms) > MAX_TERMS:
        raise _refusal(f"at most {MAX_TERMS} words and phrases")
    if sum(len(term.slots) for term in terms) > MAX_WORDS:
        raise _refusal(f"at most {MAX_WORDS} words")
    if "from" in filters and not filters["from"].strip("@"):
        raise _refusal("from: is followed by a username")
    if not (is_filtered or filters or has or any(not term.is_negated for term in terms)):
        raise _refusal("needs at least one word, phrase or filter that is not negated")
    return Query(
        tuple(terms),
        sender=filters["from"].removeprefix("@") if "from" in filters else None,
        chat_id=_read_id(filters["in"]) if "in" in filters else None,
        has=frozenset(has),
        before=read_time(filters["before"]) if "before" in filters else None,
        after=read_time(filters["after"]) if "after" in filters else None,
    )


def read_time(value: str, place: str = "q") -> datetime:
    """Returns a date, or a time of RFC 3339, in UTC. Raises ValidationFailed."""
    try:
        time = datetime.fromisoformat(value.upper())
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal("must be a date such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z", place) from None
    if not 1970 <= time.year < 9999:
        raise _refusal("the year must be from 1970 to 9998", place)
    return time


def _read_id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise _refusal("in: must be followed by the id of a chat") from None


def _read_term(item: "re.Match[str]", expand: Expand, *, ends_open: bool) -> Iterator[Term]:
    """Yields the term of a phrase or chunk; none where it has no word."""
    phrase, chunk = item["phrase"], item["chunk"]
    folded = fold_text(phrase if phrase is not None else chunk)
    pieces = pieces_of(folded)
    if not pieces:
        return
    is_prefix = ends_open and not item["minus"] and not _SPACE.search(folded, pieces[-1].end)
    glues = {piece.glue for piece in pieces[1:]}
    has_words_only = not any(piece.is_unspaced for piece in pieces)
    # In addresses, numbers and names of files words have no other forms.
    is_exact = phrase is None and bool(glues.difference(GLUE)) and has_words_only
    slots: list[Slot] = []
    for place, piece in enumerate(pieces, 1):
        is_last = is_prefix and place == len(pieces)
        word = folded[piece.start : piece.end]
        if not piece.is_unspaced:
            lexemes = (exact_lexeme(word),) if is_exact else (lexemes_of(word)[0], *expand(word))
            slots.append(Slot(tuple(dict.fromkeys(lexemes)), word if is_last else None))
        elif len(word) == 1:
            # The first of a pair, or alone at the end of a run.
            slots.append(Slot((word,), word))
        else:
            grams = list(grams_of(piece.start, piece.end))
            if place == len(pieces):
                grams.pop()
            slots += [Slot((folded[start:end],)) for start, end in grams]
    joined = None
    if phrase is None and has_words_only and len(pieces) >= 2 and not glues.difference(GLUE):
        whole = "".join(folded[piece.start : piece.end] for piece in pieces)
        joined = Slot(lexemes_of(whole)[:1], whole if is_prefix else None)
    yield Term(tuple(slots), joined, is_negated=item["minus"] is not None)


def _refusal(what: str, place: str = "q") -> ValidationFailed:
    return ValidationFailed(("query", place), what)
