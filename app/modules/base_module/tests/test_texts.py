"""Which characters count as visible, and which a name may contain."""

import pytest

from app.modules.base_module.schemas import check_name, check_prose
from app.utils.texts import as_line, has_escape, is_seen

UNSEEN = {
    "white space": " \n\t\u00a0\u2003\u3000\u2028",
    "zero-width spaces": "\u200b\ufeff\u2060",
    "joiners": "\u200d\u200c\u034f",
    "marks of direction": "\u200e\u200f\u061c\u202a\u202c\u2066\u2069",
    "Hangul fillers": "\u3164\uffa0\u115f\u1160",
    "a Braille blank": "\u2800",
    "soft hyphens": "\u00ad",
    "selectors of variations": "\ufe0f\ufe0e\u180b\U000e0100",
    "tags": "\U000e0041\U000e007f",
    "invisible operators": "\u2061\u2064",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "musical formatting": "\U0001d159\U0001d173",
    "controls": "\x01\x08\x7f\x9b",
    "combining marks": "\u0301\u0308\u20dd\u093f",
    "places of objects and annotations": "\ufffc\ufff9",
    "no characters": "\ufffe\U0010ffff\ufdd0",
}
SEEN = (
    "a",
    "Анна",
    "می‌خواهم",
    "أنا",
    "👩‍💻",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "🇺🇦",
    "1️⃣",
    "é",
    "ก็",
    ".",
    "\U0001fae8",
    "\u0600",
    "a\u200b",
    "◌\u0301",
)


@pytest.mark.parametrize("kind", UNSEEN)
def test_a_name_without_visible_characters_is_refused(kind: str) -> None:
    assert not is_seen(UNSEEN[kind])
    assert not any(map(is_seen, UNSEEN[kind]))
    with pytest.raises(ValueError, match="visible character"):
        check_name(UNSEEN[kind])
    assert is_seen(UNSEEN[kind] + "x")


@pytest.mark.parametrize("name", SEEN)
def test_names_may_have_letters_signs_and_emoji_of_every_script(name: str) -> None:
    assert check_name(f"  {name}\n") == name


@pytest.mark.parametrize(
    "name",
    [
        *(f"Anna{sign}Boss" for sign in "\n\r\t\v\f\x85\u2028\u2029\x1c"),
        *(f"Anna{sign}" for sign in "\x08\x1b\x07\x7f\x9b"),
        *("\u202egro", "\u202dorg", "a\u202eb\u202c", "\u202aAnna", "Anna\u202c", "\u2066Anna", "Anna\u2069"),
        *("\u2066Anna\u202c", "\u202a\u2067Anna\u202c\u2069"),
    ],
)
def test_a_name_with_line_breaks_controls_or_direction_overrides_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"line|control|direction"):
        check_name(name)


def test_a_name_may_have_directional_characters_that_are_closed() -> None:
    for name in ("\u2068Анна\u2069", "\u202bאנה\u202c Anna", "אנה\u200f!", "\u2067\u2066a\u2069\u2069"):
        assert check_name(name) == name


def test_prose_may_have_line_breaks_but_no_control_characters() -> None:
    assert check_prose("Пишу код\n\n\tи письма \u200b") == "Пишу код\n\n\tи письма \u200b"
    for text in ("a\x1b[31m", "a\x08", "\u202egro", "\u2067"):
        with pytest.raises(ValueError, match=r"control|direction"):
            check_prose(text)


def test_invalid_characters_are_removed_from_names_that_programs_give() -> None:
    assert as_line("Телефон \u202eгро\x1b[31m\tAnna\u2028 👩‍💻") == "Телефон гро[31mAnna 👩‍💻"
    assert as_line("Mozilla/5.0 (X11; Linux)") == "Mozilla/5.0 (X11; Linux)"


def test_escape_sequences_are_detected_in_both_forms() -> None:
    assert all(map(has_escape, ("a\x1b[2J", "\x9b31m", "Привет\x9d0;title\x07", "\x90q")))
    assert not any(map(has_escape, ("a\x07\x7f\x1f", "Привет\u2028", "\x85", "👩‍💻", "\t\n\v\f\r")))
