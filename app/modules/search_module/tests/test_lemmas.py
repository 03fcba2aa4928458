"""What SEARCH_LEMMAS adds to a query: the forms of the word, and not the words that only begin like one of them."""

import pytest

from app.modules.search_module.services.lemmas import Lemmas
from app.modules.search_module.services.query import parse_query
from app.modules.search_module.tests.searching import fits


@pytest.fixture(scope="module")
def lemmas() -> Lemmas:
    return Lemmas()


@pytest.mark.parametrize(
    ("word", "forms", "others"),
    [
        ("идти", "шёл иду шли", "шея"),
        ("бери", "брать брал", "брате братьях"),
        ("котёнком", "котят котёнок", "кот коты"),
        ("стань", "стало станешь", "статьями"),
        ("сильна", "силён сильный", "силой"),
        ("годом", "лет годы", "гость"),
        ("ест", "ела едят", "едва"),
    ],
)
def test_irregular_forms_are_found_and_similar_words_are_not(
    lemmas: Lemmas, word: str, forms: str, others: str
) -> None:
    query = parse_query(f"{word} ", flags=(), expand=lemmas.expand)
    assert [form for form in forms.split() if not fits(form, query)] == []
    assert [other for other in others.split() if fits(other, query)] == []


def test_what_is_no_russian_word_has_no_other_forms(lemmas: Lemmas) -> None:
    assert [list(lemmas.expand(word)) for word in ("house", "2026", "東京")] == [[], [], []]
