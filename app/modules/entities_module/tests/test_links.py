"""Where links begin and end."""

import pytest

from app.modules.entities_module.tests.slicing import markdown, plain


@pytest.mark.parametrize("sign", "。，、！？；：（）「」『』【】《》")
def test_a_link_ends_at_a_chinese_or_japanese_sign_with_text_right_behind_it(sign: str) -> None:
    text = f"看{sign}https://example.com/a{sign}密码是abc"
    assert plain(text) == markdown(text) == [("link", "https://example.com/a")]
    text = f"https://example.com/a{sign}https://пример.рф/?b{sign}(anna@example.com{sign}で"
    links = ["https://example.com/a", "https://пример.рф/?b", "anna@example.com"]
    assert plain(text) == markdown(text) == [("link", link) for link in links]


@pytest.mark.parametrize("invisible", "\u061c\u200b\u200e\u200f\u202a\u202c\u2060\u2066\u2069\ufeff")
@pytest.mark.parametrize("address", ["https://example.com/a", "www.example.com", "example.com", "anna@example.com"])
def test_a_character_that_is_not_visible_is_not_part_of_the_link_beside_it(invisible: str, address: str) -> None:
    for text in (f"{invisible}{address}{invisible}", f"да {invisible}({address}.{invisible}) да"):
        assert plain(text) == markdown(text) == [("link", address)]


@pytest.mark.parametrize("path", ["👨‍👩‍👧", "می‌خواهم"])
def test_emoji_and_words_in_an_address_may_have_joiners(path: str) -> None:
    assert plain(f"https://example.com/{path}.") == [("link", f"https://example.com/{path}")]


@pytest.mark.parametrize(
    "before", ["смотри", "详见", "リンクは", "ü", "→", "№", "+", "👍🏽", "e\u0301", "٣", "да. ссылка", "b@c.de,ы"]
)
def test_an_address_may_follow_other_characters_than_latin_letters(before: str) -> None:
    assert ("link", "https://example.com/a") in plain(f"{before}https://example.com/a.")
    assert ("link", "HTTP://пример.рф") in markdown(f"{before}HTTP://пример.рф")


@pytest.mark.parametrize("text", ["xhttps://example.com/a", "1https://example.com/a", "x_https://example.com/a"])
def test_an_address_behind_a_latin_letter_is_text(text: str) -> None:
    assert plain(text) == markdown(text) == []


@pytest.mark.parametrize("link", ["https://example.com/?u=яhttps://a.bc/d", "https://web.archive.org/web/http://a.bc"])
def test_an_address_may_have_another_one(link: str) -> None:
    assert plain(link) == plain(f"да{link}") == markdown(link) == [("link", link)]
