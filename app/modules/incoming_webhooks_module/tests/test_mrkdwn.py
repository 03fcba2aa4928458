"""Slack's markup as the Markdown of this server."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.entities_module.services.deriving import derive_markdown
from app.modules.incoming_webhooks_module.services.mrkdwn import Style

MARKDOWN, PLAIN = Style(is_markdown=True), Style(is_markdown=False)
FORMATTING = {"bold", "italic", "strike", "spoiler", "code", "pre", "quote", "syntax"}


def entities_of(text: str) -> list[tuple[str, str]]:
    """Returns the entities of a Markdown text with what they cover, without markers."""
    coded = text.encode("utf-16-le")
    return [
        (each["type"], coded[2 * each["offset"] : 2 * (each["offset"] + each["length"])].decode("utf-16-le"))
        for each in derive_markdown(text)
        if each["type"] != "syntax"
    ]


def shown(text: str) -> str:
    """Returns a Markdown text without its markers, as clients show it."""
    coded = bytearray(text.encode("utf-16-le"))
    for each in reversed(derive_markdown(text)):
        if each["type"] == "syntax":
            del coded[2 * each["offset"] : 2 * (each["offset"] + each["length"])]
    return coded.decode("utf-16-le")


def addresses_of(text: str) -> list[str]:
    """Returns the targets of the links of a Markdown text, with the characters that a URL encodes."""
    return [unquote(each["url"]) for each in derive_markdown(text) if each["type"] == "link"]


@pytest.mark.parametrize(
    ("mrkdwn", "markdown", "entities"),
    [
        ("*да* нет", "**да** нет", [("bold", "да")]),
        ("_да_", "_да_", [("italic", "да")]),
        ("~да~", "~~да~~", [("strike", "да")]),
        ("(*a _b ~c~_*)", "(**a _b ~~c~~_**)", [("bold", "a _b ~~c~~_"), ("italic", "b ~~c~~"), ("strike", "c")]),
        ("`a*b_c`", "`a*b_c`", [("code", "a*b_c")]),
        ("*C:\\* \\`a`", "**C:\\\\** \\\\`a`", [("bold", "C:\\\\"), ("code", "a")]),
        ("*`a`*", "**`a`**", [("bold", "`a`"), ("code", "a")]),
        ("до ```x = *1*\ny``` после", "до \n```\nx = *1*\ny\n```\n после", [("pre", "x = *1*\ny")]),
        ("```\nx\n```", "```\nx\n```", [("pre", "x")]),
        ("&gt; цитата", "> цитата", [("quote", "цитата")]),
        ("<https://a.example/x_y_z>", "<https://a.example/x_y_z>", [("link", "https://a.example/x_y_z")]),
        ("<https://a.example|Там [1]>", r"[Там \[1\]](https://a.example)", [("link", r"Там \[1\]")]),
        ("<https://a.example/(1)|x>", "[x](https://a.example/%281%29)", [("link", "x")]),
        ("*<https://a.example|x>*", "**[x](https://a.example)**", [("bold", "[x](https://a.example)"), ("link", "x")]),
        ("<mailto:a@b.example|Анна>", "[Анна](mailto:a@b.example)", [("link", "Анна")]),
        ("https://a.example/x_y?a=1&amp;b=2", "https://a.example/x_y?a=1&b=2", None),
        ("https://a.example/_x_?a=1&amp;b=2", "<https://a.example/_x_?a=1&b=2>", None),
        (
            "_https://a.example/x_",
            "_https://a.example/x_",
            [("italic", "https://a.example/x"), ("link", "https://a.example/x")],
        ),
    ],
)
def test_markup_of_slack_is_written_as_markdown(
    mrkdwn: str, markdown: str, entities: list[tuple[str, str]] | None
) -> None:
    assert MARKDOWN.from_mrkdwn(mrkdwn) == markdown
    assert entities is None or entities_of(markdown) == entities


@pytest.mark.parametrize(
    ("mrkdwn", "text"),
    [
        ("<@U024|anna> и <@anna_>", "@anna и @anna_"),
        ("<!here> <!channel> <!everyone|все>", "@all @all @all"),
        ("<#C1|general> <#C1>", "#general #C1"),
        ("<!subteam^S1|@dev> <!date^1^{date}|1 мая>", "@dev 1 мая"),
        ("x <y and z> w <b>", "x <y and z> w <b>"),
        ("<javascript:alert(1)|x> <https://a b|c>", "<javascript:alert(1)|x> <https://a b|c>"),
        ("&lt;https://a.example/1&gt;", "<https://a.example/1>"),
        ("https://a.example/?a&amp;b&amp;, (https://a.example).", "https://a.example/?a&b&, (https://a.example)."),
        ("&lt;b&gt; &amp;amp; &quot;", "<b> &amp; &quot;"),
        ("2 * 3 * 4, snake_case_name, a*b*c, __init__", "2 * 3 * 4, snake_case_name, a*b*c, __init__"),
        ("**x** ~~y~~ ||z|| [a](https://b) \\* `", "**x** ~~y~~ ||z|| [a](https://b) \\* `"),
    ],
)
def test_what_is_no_markup_of_slack_is_shown_as_it_is(mrkdwn: str, text: str) -> None:
    written = MARKDOWN.from_mrkdwn(mrkdwn)
    assert shown(written) == text
    assert not FORMATTING & {kind for kind, _ in entities_of(written)}
    assert PLAIN.from_mrkdwn(mrkdwn) == text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("GET https://a.example/files/*.txt", "https://a.example/files/*.txt"),
        ('"https://a.example/*/x","*y*z"', "https://a.example/*/x"),
        ("(https://a.example/*/x)*y*z", "https://a.example/*/x"),
        ("https://a.example/(*)/x_(y)!", "https://a.example/(*)/x_(y)"),
        ("https://a.example/?a[]=*&amp;b[_x]", "https://a.example/?a[]=*&b[_x]"),
        ("https://a.example/x_ y", "https://a.example/x"),
        ("**Done: https://a.example/x.**", "https://a.example/x"),
        ("https://a.example/x\\ y", "https://a.example/x"),
        ("https://a.example/x&lt;y", "https://a.example/x"),
        ("https://a.example/x`y_`", "https://a.example/x"),
        ("https://a.example/*/x\uff0c*y*\uff0c", "https://a.example/*/x"),
    ],
)
def test_an_address_ends_where_it_does_for_a_reader(text: str, address: str) -> None:
    assert addresses_of(MARKDOWN.from_mrkdwn(text)) == [address]
    assert addresses_of(MARKDOWN.from_plain(text)) == [address]


@given(
    st.sampled_from(["", "(", "*", "_x ", "x "]),
    st.text(st.sampled_from("a*_~|\\/=&1"), max_size=20),
    st.sampled_from(["", *"*_~|\\`.)<", "**", "||", "\\ x", "\\*", ".* x", " * x*", "`x`", "<x", "&lt;x"]),
)
def test_an_address_with_signs_of_markdown_is_the_target_of_its_link(before: str, path: str, behind: str) -> None:
    address = f"https://a.example/{path}z"
    for written in (MARKDOWN.from_mrkdwn, MARKDOWN.from_plain):
        assert addresses_of(written(before + address + behind)) == [address]


@pytest.mark.parametrize("text", ["http://*/x", "https://*.a.example/x", "https://[::1]/*x", "https://_"])
def test_an_address_without_a_host_is_text(text: str) -> None:
    assert shown(MARKDOWN.from_plain(text)) == shown(MARKDOWN.from_mrkdwn(text)) == text


_SIGNS = st.lists(st.sampled_from([*"ab \n*_~`|\\[]()<>&;.\ue000я1", "https://a.example/"]), max_size=40).map("".join)


@pytest.mark.parametrize("indent", ["", "   ", "    ", "\t"])
def test_an_indented_sign_of_a_quote_is_shown_in_a_text_without_markup(indent: str) -> None:
    text = f"a\n{indent}> b"
    assert shown(MARKDOWN.from_plain(text)) == text


@given(_SIGNS)
def test_a_text_without_markup_is_shown_as_it_is(text: str) -> None:
    text = text.strip()
    written = MARKDOWN.from_plain(text)
    assert shown(written) == text
    assert not FORMATTING & {kind for kind, _ in entities_of(written)}
    assert PLAIN.from_plain(text) == text


@given(_SIGNS)
def test_any_markup_keeps_all_letters_in_order(text: str) -> None:
    for style in (MARKDOWN, PLAIN):
        written = style.from_mrkdwn(text)
        assert [sign for sign in written if sign.isalnum()] == [sign for sign in text if sign.isalnum()]


@pytest.mark.parametrize(
    ("mrkdwn", "markdown"),
    [
        ("> a\n> b\nпосле", "> a\n> b\n\nпосле"),
        ("&gt; a\n*после*\n> b", "> a\n\n**после**\n> b"),
        ("> a\n\nпосле", "> a\n\nпосле"),
        (">\nпосле", ">\nпосле"),
        ("> a\n```b```\nпосле", "> a\n```\nb\n```\nпосле"),
        ("```> a\nb```\n> a\nпосле", "```\n> a\nb\n```\n> a\n\nпосле"),
        (">>> a\nb", ">>> a\nb"),
    ],
)
def test_an_empty_line_ends_a_quote_where_markdown_would_continue_it(mrkdwn: str, markdown: str) -> None:
    assert MARKDOWN.end_quotes(MARKDOWN.from_mrkdwn(mrkdwn)) == markdown
    assert PLAIN.end_quotes("> a\nпосле") == "> a\nпосле"


_LINES = ["> q", "&gt; *q*", "   >q_", ">", "", "w", "*w*", "`w`", "<https://a.example|w>", "```w\n> w\nw```"]


@given(st.lists(st.sampled_from(_LINES), max_size=10))
def test_a_quote_has_the_lines_that_begin_with_its_sign_and_no_others(lines: list[str]) -> None:
    text = "\n".join(lines)
    quotes = "".join(
        quote for kind, quote in entities_of(MARKDOWN.end_quotes(MARKDOWN.from_mrkdwn(text))) if kind == "quote"
    )
    assert (quotes.count("q"), quotes.count("w")) == (text.count("q"), 0)
