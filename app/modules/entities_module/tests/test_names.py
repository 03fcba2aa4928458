"""Mentions, links and commands in texts."""

from typing import Any

import pytest

from app.modules.entities_module.services.deriving import derive_markdown, derive_plain
from app.modules.entities_module.services.names import MAX_MENTIONS
from app.modules.entities_module.tests.slicing import covered, markdown, plain

MENTIONED = {
    "@anna": ["@anna"],
    "Привет, @anna!": ["@anna"],
    "(@anna)": ["@anna"],
    "«@anna», @boris: да": ["@anna", "@boris"],
    "@anna's": ["@anna"],
    "@anna-maria": ["@anna"],
    "@Anna_B.c": ["@Anna_B.c"],
    "... @anna": ["@anna"],
    "👍@anna👍": ["@anna"],
    "❤️@anna_b, ☎️@boris": ["@anna_b", "@boris"],
    "1️⃣@anna2️⃣ #️⃣@boris": ["@anna", "@boris"],
    "🏴‍☠️@anna": ["@anna"],
    "\u202b@anna\u202c": ["@anna"],
    "почта@anna": [],
    "user@anna": [],
    "@annaпривет": [],
    "@anna\u0301": [],
    "е\u0301@anna": [],
    "@аnna": [],
    "@@anna": [],
    "/@anna": [],
    "@anna@example.org": [],
    "@an": [],
    f"@{'a' * 32}": [f"@{'a' * 32}"],
    f"@{'a' * 33}": [],
    "anna@example.com": [],
    "https://example.com/@anna": [],
    "example.com/@anna и @boris": ["@boris"],
}


@pytest.mark.parametrize("text", MENTIONED)
def test_a_name_after_an_at_sign_may_be_a_mention_between_words(text: str) -> None:
    expected = [("mention", name) for name in MENTIONED[text]]
    assert [found for found in plain(text) if found[0] == "mention"] == expected
    assert [found for found in markdown(text) if found[0] == "mention"] == expected


@pytest.mark.parametrize(
    "text",
    ["`@anna`", "```\n@anna\n```", "[@anna](https://example.com)", "[привет @anna](https://example.com)"],
)
def test_code_and_links_mention_no_accounts(text: str) -> None:
    assert markdown(text, "mention", "mention_all") == []


@pytest.mark.parametrize("text", ["**@anna**", "_@anna_", "~~@anna~~", "||@anna||", "> @anna", r"\*@anna"])
def test_other_formatting_may_have_mentions(text: str) -> None:
    assert markdown(text, "mention") == [("mention", "@anna")]


def test_a_username_with_underscores_at_its_ends_is_no_formatting() -> None:
    assert markdown("@_anna_") == [("mention", "@_anna_")]
    assert markdown("@anna_ и @boris_") == [("mention", "@anna_"), ("mention", "@boris_")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@anna. Да", ["anna.", "anna"]),
        ("@Anna.Smith..", ["anna.smith..", "anna.smith.", "anna.smith"]),
        ("@Anna.Smith...", ["anna.smith...", "anna.smith.", "anna.smith"]),
        (f"@a00{'.' * 29}", [f"a00{'.' * 29}", "a00.", "a00"]),
        (f"@a00{'.' * 90}", [f"a00{'.' * 29}", "a00.", "a00"]),
        ("@a......", ["a......", "a...", "a.."]),
        (f"@{'a' * 31}..", [f"{'a' * 31}.", "a" * 31]),
        ("@an.", ["an."]),
    ],
)
def test_dots_at_the_end_may_belong_to_the_name_or_to_the_sentence(text: str, names: list[str]) -> None:
    assert [entity["names"] for entity in derive_plain(text)] == [names]


@pytest.mark.parametrize("derive", [derive_plain, derive_markdown])
@pytest.mark.parametrize("mention", ["@a00", f"@a00{'.' * 29}", "@a00_"])
def test_a_text_has_a_bounded_number_of_mentions(mention: str, derive: Any) -> None:
    entities = derive(f"{mention} " * (MAX_MENTIONS + 1) + "@all")
    assert [entity["type"] for entity in entities] == ["mention"] * MAX_MENTIONS + ["mention_all"]
    assert sum(len(entity.get("names", ())) for entity in entities) <= 3 * MAX_MENTIONS


@pytest.mark.parametrize("text", ["@all", "@ALL", "Эй, @all!", "@all...", "(@all)", "☎️@all"])
def test_all_is_mentioned_in_any_case(text: str) -> None:
    assert [(kind, found.lower()) for kind, found in plain(text)] == [("mention_all", "@all")]


@pytest.mark.parametrize("text", ["@allа", "@all.me", "@allright", "mail@all"])
def test_a_longer_name_is_not_all(text: str) -> None:
    assert "mention_all" not in [kind for kind, _ in plain(text)]


@pytest.mark.parametrize(
    ("text", "link", "url"),
    [
        ("см. https://example.com/a?b=c#d.", "https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("(http://example.com/a_(b))", "http://example.com/a_(b)", "http://example.com/a_(b)"),
        ("www.example.com,", "www.example.com", "http://www.example.com"),
        ("пишите anna@example.com", "anna@example.com", "mailto:anna@example.com"),
        ("http://127.0.0.1:8788/docs", "http://127.0.0.1:8788/docs", "http://127.0.0.1:8788/docs"),
        ("(anna+tag@example.com)", "anna+tag@example.com", "mailto:anna+tag@example.com"),
        ("a=https://example.com/~me?a=$b|c", "https://example.com/~me?a=$b|c", "https://example.com/~me?a=$b%7Cc"),
        ("https://пример.рф", "https://пример.рф", "https://xn--e1afmkfd.xn--p1ai"),
        ("см. https://example.com👍🏽", "https://example.com", "https://example.com"),
        ("https://example.com🇷🇺❤️", "https://example.com", "https://example.com"),
        ("1️⃣example.com2️⃣", "example.com", "http://example.com"),
        ("👩‍🚀example.com🏴󠁧󠁢󠁥󠁮󠁧󠁿", "example.com", "http://example.com"),
        ("https://☕.us/👍", "https://☕.us/👍", "https://xn--53h.us/%F0%9F%91%8D"),
    ],
)
def test_addresses_are_links(text: str, link: str, url: str) -> None:
    assert plain(text) == [("link", link)]
    assert derive_plain(text)[0]["url"] == url


@pytest.mark.parametrize(
    "text",
    [
        "Вот https://example.com/a: читайте",
        "«https://example.com/a».",
        "„https://example.com/a“",
        "“https://example.com/a”",
        "»https://example.com/a«",
        "https://example.com/a…",
        "https://example.com/a?!",
        "(https://example.com/a?)",
        "（https://example.com/a）",
        "https://example.com/a。",
    ],
)
def test_punctuation_after_an_address_is_not_part_of_the_link(text: str) -> None:
    assert plain(text) == markdown(text) == [("link", "https://example.com/a")]


@pytest.mark.parametrize("address", ["anna@example.com", "https://example.com", "https://example.com/a", "example.com"])
@pytest.mark.parametrize(
    ("opening", "closing"), [("«", "»"), ("“", "”"), ("[", "]"), ("'", "'"), ("(«", "»)"), ("**", "**,"), ("||", "||")]
)
def test_addresses_between_signs_are_links(opening: str, closing: str, address: str) -> None:
    text = f"{opening}{address}{closing} да"
    assert ("link", address) in markdown(text)


def test_an_underscore_may_begin_a_mail_address() -> None:
    assert plain("_anna@example.com") == markdown("_anna@example.com") == [("link", "_anna@example.com")]


@pytest.mark.parametrize("address", ["https://ru.wikipedia.org/wiki/«Зенит»", "https://example.com/a_(b)?q=c:d"])
def test_an_address_ends_with_the_signs_that_it_opens(address: str) -> None:
    assert plain(f"({address}).") == markdown(f"({address}).") == [("link", address)]


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("Пример.рф", "пример.рф"),
        ("ПРИМЕР.РФ", "пример.рф"),
        ("https://Госуслуги.рф/Ы?%zz", "https://госуслуги.рф/Ы?%zz"),
        ("BÜCHER.de", "bücher.de"),
        ("и\u0306од.рф", "йод.рф"),
        ("https://и\u0306од.рф/1", "https://йод.рф/1"),
        ("https://ＡＢ.рф", "https://ab.рф"),
        ("a@Пример.рф", "a@пример.рф"),
        ("mailto:Anna@Пример.рф", "mailto:Anna@пример.рф"),
        ("https://Anna@Пример.рф:80", "https://Anna@пример.рф:80"),
        ("Https://example.com/A", "https://example.com/A"),
        ("HTTPS://пример.рф/ы", "https://пример.рф/ы"),
        ("Mailto:a@пример.рф", "mailto:a@пример.рф"),
    ],
)
def test_other_spellings_of_a_host_or_a_scheme_give_the_same_url(address: str, same: str) -> None:
    url = derive_plain(same)[0]["url"]
    for entities in (derive_plain(address), derive_markdown(address)):
        assert covered(address, entities) == [("link", address)]
        assert entities[0]["url"] == url
    in_brackets = f"<{address}>"
    assert markdown(in_brackets) == [("link", address)]
    assert [entity["url"] for entity in derive_markdown(in_brackets) if entity["type"] == "link"] == [url]


@pytest.mark.parametrize("host", ["℀.com", "\u00ad.рф", f"{'я' * 60}.рф"])
def test_an_address_whose_host_no_browser_opens_is_no_link(host: str) -> None:
    assert markdown(f"[да](http://{host})") == []


@pytest.mark.parametrize(
    "text",
    [
        f"https://example.com/{'a' * 2048}",
        "Да.Нет",
        "3.14",
        "т.е. так",
        "и/или",
        "javascript:alert(1)",
        "ftp://example.com",
        "//example.com",
        "a.b",
    ],
)
def test_other_texts_have_no_links(text: str) -> None:
    assert plain(text) == []


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("/start", ["/start"]),
        ("  /Help me", ["/Help"]),
        ("/a_1\nда", ["/a_1"]),
        ("скажи /start", []),
        ("/etc/hosts", []),
        ("/", []),
        ("/команда", []),
        (f"/{'a' * 33}", []),
    ],
)
def test_a_text_may_begin_with_a_command(text: str, commands: list[str]) -> None:
    assert plain(text) == markdown(text) == [("command", command) for command in commands]


def test_a_command_is_named_in_lower_case() -> None:
    assert derive_plain("/Help me") == [{"type": "command", "offset": 0, "length": 5, "name": "help"}]
