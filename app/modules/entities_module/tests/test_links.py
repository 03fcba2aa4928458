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
