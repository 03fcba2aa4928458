"""Markdown as ranges of the text."""

import pytest

from app.modules.entities_module.services.blocks import MAX_BLOCKS
from app.modules.entities_module.services.deriving import MAX_ENTITIES, derive_markdown, derive_plain
from app.modules.entities_module.services.links import MAX_ADDRESSES, MAX_LINKS
from app.modules.entities_module.services.markdown import MAX_MARKERS
from app.modules.entities_module.tests.slicing import covered, markdown, shown

Ranges = list[tuple[str, str]]

FORMATTED: dict[str, tuple[Ranges, str]] = {
    "**жирный** и __тоже__": ([("bold", "жирный"), ("bold", "тоже")], "жирный и тоже"),
    "*курсив* и _тоже_": ([("italic", "курсив"), ("italic", "тоже")], "курсив и тоже"),
    "***оба***": ([("italic", "**оба**"), ("bold", "оба")], "оба"),
    "**жирный с *курсивом* внутри**": (
        [("bold", "жирный с *курсивом* внутри"), ("italic", "курсивом")],
        "жирный с курсивом внутри",
    ),
    "~~нет~~ и ||тайна||": ([("strike", "нет"), ("spoiler", "тайна")], "нет и тайна"),
    "||~~**все**~~||": ([("spoiler", "~~**все**~~"), ("strike", "**все**"), ("bold", "все")], "все"),
    "код: `x * y` и ``a`b`` и `` ` ``": ([("code", "x * y"), ("code", "a`b"), ("code", "`")], "код: x * y и a`b и `"),
    "```python\nx = **1**\n```": ([("pre", "x = **1**")], "x = **1**"),
    "```\nбез конца": ([("pre", "без конца")], "без конца"),
    "до\n```\nкод\n```\nпосле": ([("pre", "код")], "до\nкод\nпосле"),
    "> цитата\n> в две *строки*\nпродолжение\n\nтекст": (
        [("quote", "цитата\n> в две *строки*\nпродолжение"), ("italic", "строки")],
        "цитата\nв две строки\nпродолжение\n\nтекст",
    ),
    "> > внутри\n> снаружи": ([("quote", "> внутри\n> снаружи"), ("quote", "внутри\n> снаружи")], "внутри\nснаружи"),
    "> ```\n> код\n> ```": ([("quote", "```\n> код\n> ```"), ("pre", "код")], "код"),
    "[сайт](https://example.com/a_b)": ([("link", "сайт")], "сайт"),
    "[**сайт**](https://example.com 'заголовок')": ([("link", "**сайт**"), ("bold", "сайт")], "сайт"),
    "<https://example.com/a> и <me@example.com>": (
        [("link", "https://example.com/a"), ("link", "me@example.com")],
        "https://example.com/a и me@example.com",
    ),
    "**https://example.com/__init__.py**": (
        [("bold", "https://example.com/__init__.py"), ("link", "https://example.com/__init__.py")],
        "https://example.com/__init__.py",
    ),
    "||https://example.com|| ~~example.com~~": (
        [
            ("spoiler", "https://example.com"),
            ("link", "https://example.com"),
            ("strike", "example.com"),
            ("link", "example.com"),
        ],
        "https://example.com example.com",
    ),
    "_anna@example.com_, __https://example.com__ _https://example.com/a_": (
        [
            ("italic", "anna@example.com"),
            ("link", "anna@example.com"),
            ("bold", "https://example.com"),
            ("link", "https://example.com"),
            ("italic", "https://example.com/a"),
            ("link", "https://example.com/a"),
        ],
        "anna@example.com, https://example.com https://example.com/a",
    ),
    "**https://example.com/a**: да": (
        [("bold", "https://example.com/a"), ("link", "https://example.com/a")],
        "https://example.com/a: да",
    ),
    r"\*не курсив\* и \\": ([], r"*не курсив* и \ ".rstrip()),
    "/start **сейчас**": ([("command", "/start"), ("bold", "сейчас")], "/start сейчас"),
    "строка\r\n> цитата\r\nвторая": ([("quote", "цитата\r\nвторая")], "строка\r\nцитата\r\nвторая"),
}

TEXTS = [
    "2 * 3 * 4 и snake_case_name",
    "# Заголовок",
    "- список\n- ещё",
    "1. раз\n2. два",
    "    отступ",
    "| a | b |\n|---|---|",
    "~один~ |один| ~~~три~~~ |||три|||",
    "![картинка]",
    "[сайт]",
    "[сайт][1]\n\n[1]: /url",
    "[сайт](javascript:alert(1))",
    "[сайт](data:text/html,x)",
    "[сайт](/path)",
    "[](https://example.com)",
    "[пусто]()",
    "<javascript:alert(1)>",
    "<b>нет</b> &amp; &#42;",
    "** не жирный **",
    "``",
    "```\n```",
    ">",
    "> \n>",
    "\\",
]


@pytest.mark.parametrize("text", FORMATTED)
def test_formatting_is_found_and_the_rest_is_what_clients_show(text: str) -> None:
    expected, without_markers = FORMATTED[text]
    assert markdown(text) == expected
    assert shown(text) == without_markers


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_no_formatting_stays_text(text: str) -> None:
    assert markdown(text) == []
    assert shown(text) == text


def test_a_fence_names_its_language() -> None:
    texts = ["```python\nx\n```", "```\nx\n```", "``` c++ title\nx\n```", f"```{'x' * 33}\nx\n```"]
    assert [derive_markdown(text)[1].get("language", "-") for text in texts] == ["python", None, "c++", None]


def test_urls_are_in_ascii() -> None:
    texts = ["[сайт](https://пример.рф/путь?q=а)", "<https://пример.рф>", "пример.рф"]
    assert [derive["url"] for text in texts for derive in derive_markdown(text) if derive["type"] == "link"] == [
        "https://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C?q=%D0%B0",
        "https://xn--e1afmkfd.xn--p1ai",
        "http://xn--e1afmkfd.xn--p1ai",
    ]


def test_white_space_around_a_text_counts_for_offsets() -> None:
    text = " \n\u2003**да** @anna "
    assert covered(text, derive_markdown(text), "bold", "mention", "syntax") == [
        ("syntax", "**"),
        ("bold", "да"),
        ("syntax", "**"),
        ("mention", "@anna"),
    ]


def test_a_text_has_a_bounded_number_of_entities() -> None:
    assert len(derive_plain("@all " * 700)) == MAX_ENTITIES
    assert len(derive_plain("ab.cd " * 600)) == MAX_LINKS
    fences = "```\na\n```\n" * 300
    assert len(derive_markdown(fences)) <= 3 * MAX_BLOCKS
    assert shown(fences).endswith("```\na\n```\n")


@pytest.mark.parametrize("link", ["[a](http://b.cd/%d)", "<http://b/%d>"])
def test_a_text_has_a_bounded_number_of_different_links(link: str) -> None:
    assert len(markdown("".join(link % number for number in range(150)), "link")) == MAX_ADDRESSES
    assert len(markdown(link % 7 * 150, "link")) == 150


def test_a_paragraph_with_too_many_markers_is_text() -> None:
    few, many = "*a* " * 30 + "ab.cd", "*a* " * (MAX_MARKERS // 2 + 1) + "ab.cd"
    found = markdown(f"{few}\n\n{many}\n\n{few}")
    assert found == [("italic", "a")] * 30 + [("link", "ab.cd")] * 3
    assert shown(many) == many


def test_quotes_are_nested_to_a_limit() -> None:
    assert [kind for kind, _ in markdown(">" * 100 + " глубоко")] == ["quote"] * 10
