"""How texts are folded and split into words."""

import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.search_module.services.lexemes import quote, write_tsvector
from app.modules.search_module.services.words import words_in_place
from app.utils.folding import fold_text, fold_with_places
from tests.fuzz.effort import effort

texts = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("абёЁй-'’ éé̈İςß東ﾊﾞ👍🏽ا")), max_size=20)


@effort(100)
@given(texts)
def test_each_folded_character_comes_from_a_place_in_the_text(text: str) -> None:
    folded = fold_with_places(text)
    assert folded.text == fold_text(text)
    if folded.starts is not None:
        assert len(folded.starts) == len(folded.ends or ()) == len(folded.text)
    places = [folded.original(at, at + 1) for at in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)


@effort(100)
@given(st.text(alphabet=st.characters(codec="utf-8", max_codepoint=0x24F), max_size=20))
def test_composed_and_decomposed_letters_are_the_same(text: str) -> None:
    assert fold_text(unicodedata.normalize("NFC", text)) == fold_text(unicodedata.normalize("NFD", text))


@effort(100)
@given(st.one_of(texts, st.text(alphabet="abЯё019 -'_.`\n", max_size=20)))
def test_the_index_has_the_words_that_are_found_in_the_text(text: str) -> None:
    words = [f"{quote(lexeme)}:{word.position}" for word in words_in_place(text) for lexeme in word.lexemes]
    assert write_tsvector(text) == " ".join(words)


@pytest.mark.parametrize("long", ["ы" * 4000, "λ" * 4000, "e" + "\u0301" * 4000], ids=["usual", "other", "marks"])
def test_long_words_do_not_stay_in_memory(long: str) -> None:
    tracemalloc.start()
    for number in range(200):
        write_tsvector(f"{number}{long}{number}")
        write_tsvector(long + "\u0302" * number)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 500_000


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Ёлка ЙОД мой", "елка йод мой"),
        ("и\u0306од е\u0308ж", "йод еж"),
        ("Café Łódź Straße", "cafe lodz strasse"),
        ("İSTANBUL ΟΔΟΣ ﬁne", "istanbul οδοσ fine"),
        ("ﾊﾞｲｸ Ｈｉ ① ㉑ ❶ ⓾ 🄌", "バイク hi  1   21   1   10   0 "),
        ("مُحَمَّد שָׁלוֹם हिन्दी", "محمد שלום हिन्दी"),
        ("don’t e‑mail", "don't e-mail"),
    ],
)
def test_differences_that_do_not_count_are_gone(text: str, folded: str) -> None:
    assert fold_text(text) == folded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("заказ №123", ["заказ", "№", "123"]),
        ("дом№7", ["дом", "№", "7"]),
        ("1️⃣Первый 10️⃣", ["1️⃣", "Первый", "10️⃣"]),
        ("Windows™ 11", ["Windows", "™", "11"]),
        ("ℹ️Важно", ["ℹ️", "Важно"]),
        ("Ⓜ️Тверская", ["Ⓜ️", "Тверская"]),
        ("①Хлеб ⑳Соль", ["①", "Хлеб", "⑳", "Соль"]),
        ("⓪Хлеб ㉑Соль㊿", ["⓪", "Хлеб", "㉑", "Соль", "㊿"]),
        ("❶Хлеб ➉Соль➓", ["❶", "Хлеб", "➉", "Соль", "➓"]),
        ("12м²", ["12м²"]),
        ("💙привет🩷 🫩🪿\U0001faff", ["💙", "привет", "🩷", "🫩", "🪿", "\U0001faff"]),
    ],
)
def test_a_sign_beside_a_word_is_a_word_of_its_own(text: str, words: list[str]) -> None:
    assert [text[word.start : word.end] for word in words_in_place(text)] == words


def test_the_parts_of_a_compound_are_words_and_so_is_the_whole() -> None:
    words = [(word.position, word.lexemes[0]) for word in words_in_place("E-mail: a_b don't 12-34 8-9-1-2-3")]
    assert words == [
        *[(1, "e$"), (2, "mail$"), (1, "email$")],
        *[(3, "a$"), (4, "b$"), (3, "ab$")],
        *[(5, "don$"), (6, "t$"), (5, "dont$")],
        *[(7, "12"), (8, "34"), (7, "1234")],
        *[(9, "8"), (10, "9"), (11, "1"), (12, "2"), (13, "3"), (9, "89123")],
    ]
