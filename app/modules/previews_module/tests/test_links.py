import pytest

from app.modules.entities_module.services.deriving import derive_markdown, derive_plain
from app.modules.previews_module.services.links import find_link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://example.com", "https://example.com"),
        ("Смотри: HTTP://Example.com/Путь?a=1#b!", "HTTP://Example.com/Путь?a=1#b"),
        ("(https://ru.wikipedia.org/wiki/Кот_(значения))", "https://ru.wikipedia.org/wiki/Кот_(значения)"),
        ("[текст](https://example.com/a)", "https://example.com/a"),
        ("[текст](https://example.com/a)—и всё", "https://example.com/a"),
        ("[текст](https://example.com/a)**жирно**", "https://example.com/a"),
        ("[один](https://a.example/1)/[два](https://b.example/2)", "https://a.example/1"),
        ("[сайт](https://example.com)—читай", "https://example.com"),
        ("[кот](https://ru.wikipedia.org/wiki/Кот_(значения))—читай", "https://ru.wikipedia.org/wiki/Кот_(значения)"),
        ("(https://example.com/a),b", "https://example.com/a"),
        ("«https://example.com/».", "https://example.com/"),
        ("„https://example.com/a“, （https://b.example）", "https://example.com/a"),
        ("（https://example.com/a）。", "https://example.com/a"),
        ("看 https://example.com/a，密码是abc", "https://example.com/a"),
        ("「https://example.com/a」と", "https://example.com/a"),
        ("http://example.com。下一句", "http://example.com"),
        ("\u2066https://example.com/a\u200b\u2069", "https://example.com/a"),
        ("https://ru.wikipedia.org/wiki/«Зенит»", "https://ru.wikipedia.org/wiki/«Зенит»"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("**https://example.com**", "https://example.com"),
        ("https://a.example https://b.example", "https://a.example"),
        ("https://пример.рф/путь", "https://пример.рф/путь"),
        ("ftp://example.com и http://b.example", "http://b.example"),
        ("https://example.com👍🏽", "https://example.com"),
        ("https://☕.us/👍", "https://☕.us/👍"),
        ("example.com", None),
        ("https://", None),
        ("https://...", None),
        ("смотриhttps://example.com/a", "https://example.com/a"),
        ("xhttps://a.example и _https://b.example_", "https://b.example"),
        ("javascript://x", None),
        ("https://example.com/" + "a" * 2048, None),
        ("[текст](https://example.com/a)" + "字" * 3000, "https://example.com/a"),
        ("", None),
    ],
)
def test_the_first_link_is_found_without_the_punctuation_around_it(text: str, link: str | None) -> None:
    assert find_link(text) == link


def test_a_long_text_is_searched_quickly() -> None:
    assert find_link("https:/" * 20_000 + " " + "http" * 5_000) is None
    assert find_link("https://" + ")" * 40_000) is None


def test_an_address_in_code_is_not_a_link() -> None:
    first, second = "👩‍🚀 `https://a.example`", "```\nhttps://b.example\n```"
    text = f"{first}\n{second}\nhttps://c.example"
    assert find_link(text, derive_markdown(text)) == "https://c.example"
    assert find_link(first, derive_markdown(first)) is None
    assert find_link(first, derive_plain(first)) == "https://a.example"


def test_an_address_in_a_spoiler_stays_covered() -> None:
    spoilers = "👩‍🚀 ||https://a.example|| и ||тайна [текст](https://b.example)||"
    assert find_link(spoilers, derive_markdown(spoilers)) is None
    text = f"{spoilers} https://c.example"
    assert find_link(text, derive_markdown(text)) == "https://c.example"
