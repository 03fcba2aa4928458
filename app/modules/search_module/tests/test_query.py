"""The language of `q`, and what any text at all is read as."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.search_module.services.highlights import highlight
from app.modules.search_module.services.lexemes import write_tsquery
from app.modules.search_module.services.query import MAX_QUERY, Query, parse_query
from app.modules.search_module.tests.searching import fits
from app.services.errors import ValidationFailed
from tests.fuzz.effort import effort

FLAGS = ("link", "mention")
_PIECES = ('"', "-", "from:@", "in:", "has:", "before:", "after:", " ", "'", "\\", "&", "|", "!", "(", ":*", "<->", "%")
texts = st.lists(st.one_of(st.sampled_from(_PIECES), st.text(max_size=6)), max_size=30).map("".join)


def read(q: str) -> Query:
    return parse_query(q, flags=FLAGS)


@effort(100)
@given(texts)
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        query = read(text)
    except ValidationFailed:
        return
    assert 1 <= len(text) <= MAX_QUERY
    assert write_tsquery(query) is not None or query.sender or query.chat_id or query.before or query.after


@effort(100)
@given(st.text(min_size=1, max_size=100))
def test_each_text_has_its_own_words(text: str) -> None:
    """A phrase that is the text itself fits it, and is highlighted inside it."""
    try:
        query = read('"' + "".join(" " if sign in '"“”„«»' else sign for sign in text) + '"')
    except ValidationFailed:
        return
    assert fits(text, query)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    ends = [0]
    for place in highlight(text, query):
        assert place.offset >= ends[-1]
        assert place.length > 0
        ends.append(place.offset + place.length)
    assert ends[-1] <= units


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("красная площадь ", "(('красн$')) & (('площад$'))"),
        ("красная площадь", "(('красн$')) & (('площад$' | 'площадь':*))"),
        ('"красная площадь" -вокзал', "(('красн$') <-> ('площад$')) & !(('вокза$'))"),
        ("«красная пло", "(('красн$') <-> ('пло$' | 'пло':*))"),
        ("ivan@example.com ", "(('ivan$') <-> ('example') <-> ('com$'))"),
        ("e-mail ", "(('e$') <-> ('mail$') | ('email$'))"),
        ("東京都 ", "(('東京') <-> ('京都'))"),
        ("東 ", "(('東' | '東':*))"),
        ("Ёлка! ", "(('елк$'))"),
        ("прив!", "(('прив$' | 'прив':*))"),
        ("при-", "(('при$' | 'при':*))"),
        ("hel,", "(('hel$' | 'hel':*))"),
        ('hel"', "(('hel$' | 'hel':*))"),
        ("прив !", "(('прив$'))"),
        ("«красная пло!", "(('красн$') <-> ('пло$' | 'пло':*))"),
        ("«красная пло ", "(('красн$') <-> ('пло$'))"),
        ('"красная пло"', "(('красн$') <-> ('пло$'))"),
        ("a has:link ", "(('a$')) & '#link'"),
        ("foo:bar ", "(('foo$') <-> ('bar$'))"),
        ("'' & | ! \\ :* x ", "(('x$'))"),
    ],
)
def test_words_are_written_for_the_index(q: str, words: str) -> None:
    assert write_tsquery(read(q)) == words


def test_filters_are_read() -> None:
    query = read(
        "from:@anna in:6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91 has:link BEFORE:2026-01-31 after:2026-01-01T12:00Z"
    )
    assert query == Query(
        (),
        "anna",
        UUID("6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"),
        frozenset({"link"}),
        datetime(2026, 1, 31, tzinfo=UTC),
        datetime(2026, 1, 1, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "q",
    ["", "   ", "!?.", "-word", '-"a b" -c', "x" * 201, " ".join("abcdefghijklm"), "has:file", "has:x", "in:here a",
     "before:yesterday a", "after:0001-01-01 a", "-has:link a", "from:a from:b", "from:@"],
)  # fmt: skip
def test_what_cannot_be_searched_for_is_refused(q: str) -> None:
    with pytest.raises(ValidationFailed):
        read(q)


def test_twelve_words_are_no_more_than_there_may_be() -> None:
    assert len(read(" ".join("abcdefghijkl")).terms) == 12


def test_a_long_phrase_is_highlighted_as_a_whole() -> None:
    text = "啊" * 4000
    assert highlight(text, read("啊" * 199)) == [(0, 4000)]


def test_few_characters_that_stand_for_very_many_words_are_refused() -> None:
    with pytest.raises(ValidationFailed):
        read("\ufdfa" * 200)
