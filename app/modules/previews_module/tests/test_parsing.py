"""Reading pages: encodings, tags, hostile HTML."""

import pytest
from webencodings.labels import LABELS

from app.modules.previews_module.services.parsing import MAX_DESCRIPTION, MAX_TITLE, decode, parse

PAGE = "https://example.com/news/"


def described(body: str, content_type: str = "text/html") -> tuple[str, str | None, str | None] | None:
    page = parse(body.encode(), content_type, PAGE)
    return page and page[:3]


def image_of(*tags: str) -> str | None:
    page = parse(f"<title>t</title>{''.join(tags)}".encode(), "text/html", PAGE)
    assert page is not None
    return page.image_url


def image_tag(value: str, name: str = "og:image") -> str:
    return f'<meta property="{name}" content="{value}">'


def test_the_address_of_the_image_is_absolute() -> None:
    assert image_of() is None
    assert image_of(image_tag("a.png")) == "https://example.com/news/a.png"
    assert image_of(image_tag("//cdn.example/a.png?x=1")) == "https://cdn.example/a.png?x=1"
    assert image_of(image_tag("http://cdn.example/a.png")) == "http://cdn.example/a.png"
    assert image_of(image_tag(" "), image_tag("b.png", "twitter:image")) == "https://example.com/news/b.png"


@pytest.mark.parametrize(
    "value",
    ["javascript:alert(1)", "data:image/png;base64,AAAA", "file:///etc/passwd", "http://[", "a\u202eb", "a" * 3000],
)
def test_other_addresses_give_no_image(value: str) -> None:
    assert image_of(image_tag(value)) is None


def test_open_graph_comes_before_twitter_and_before_the_tags_of_html() -> None:
    html = "<title>t</title><meta name=description content=d>"
    assert described(html) == ("t", "d", None)
    twitter = "<meta name='twitter:title' content='tt'><meta name='twitter:description' content='td'>"
    assert described(html + twitter) == ("tt", "td", None)
    graph = "<meta property='og:title' content='ot'><META PROPERTY='OG:Description' CONTENT='od'>"
    site = "<meta property='og:site_name' content='Сайт &amp; Ко'>"
    assert described(html + twitter + graph + site) == ("ot", "od", "Сайт & Ко")


def test_an_empty_tag_does_not_hide_the_next_one() -> None:
    assert described("<meta property=og:title content=' '><meta name=twitter:title content='t'>") == ("t", None, None)


def test_texts_are_lines_of_limited_length() -> None:
    page = described(f"<title>\n  a\n\tb\u202ec  </title><meta name=description content='{'д' * 10_000}'>")
    assert page is not None
    assert page[0] == "a bc"
    assert page[1] == "д" * (MAX_DESCRIPTION - 1) + "…"
    long = described(f"<title>{'x' * MAX_TITLE}</title>")
    assert long is not None
    assert long[0] == "x" * MAX_TITLE


@pytest.mark.parametrize("label", LABELS)
def test_a_page_may_declare_any_encoding_of_the_web(label: str) -> None:
    assert isinstance(decode(b"<title>abc</title>", f"text/html; charset={label}"), str)
    assert decode(f"<meta charset={label}><title>abc</title>".encode(), "text/html")


def test_only_the_head_counts() -> None:
    assert described("<body><title>t</title><meta property='og:title' content='x'></body>") is None
    assert described("<head></head><body><svg><title>icon</title></svg></body>") is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<title>Привет</title>".encode(), "text/html"),
        ("<title>Привет</title>".encode(), "text/html; charset=UTF-8"),
        ("<title>Привет</title>".encode("cp1251"), 'text/html; charset="windows-1251"'),
        ("<meta charset=cp1251><title>Привет</title>".encode("cp1251"), "text/html"),
        ("<meta charset=koi8-r><title>Привет</title>".encode("koi8-r"), "application/xhtml+xml"),
        (
            "<meta http-equiv=Content-Type content='text/html; charset=iso-8859-5'><title>Привет</title>".encode(
                "iso-8859-5"
            ),
            "text/html",
        ),
        (
            '<?xml version="1.0" encoding="windows-1251"?><html><title>Привет</title></html>'.encode("cp1251"),
            "application/xhtml+xml",
        ),
        ("<?xml version='1.0' encoding = 'koi8-r' ?><title>Привет</title>".encode("koi8-r"), "text/html"),
        ('<?xml version="1.0" encoding="koi8-r"?><meta charset=utf-8><title>Привет</title>'.encode(), "text/html"),
        ('<?xml version="1.0" encoding="utf-16"?><title>Привет</title>'.encode(), "text/html"),
        ('<?xml version="1.0"?><?x encoding="koi8-r"?><title>Привет</title>'.encode(), "text/html"),
        (b"\xef\xbb\xbf" + "<title>Привет</title>".encode(), "text/html; charset=windows-1251"),
        (b"\xff\xfe" + "<title>Привет</title>".encode("utf-16le"), "text/html"),
        (b"\xfe\xff" + "<title>Привет</title>".encode("utf-16be"), "text/html"),
        ("<meta charset=utf-16><title>Привет</title>".encode(), "text/html"),
        ("<title>Привет</title>".encode(), "text/html; charset=made-up"),
        ("<title>Привет</title>".encode(), "text/html; charset=x-user-defined"),
        ("<meta charset=iso-2022-kr><title>Привет</title>".encode(), "text/html"),
    ],
)
def test_a_page_is_read_in_its_encoding(body: bytes, content_type: str) -> None:
    page = parse(body, content_type, PAGE)
    assert page is not None
    assert page.title == "Привет"


@pytest.mark.parametrize(
    "other",
    [
        '<script src="/a.js" charset="{}"></script>',
        '<link href="/?charset={}">',
        "<!-- charset={} -->",
        "<!-- <meta charset={}> -->",
        "<!--><!-- charset={} -->",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251"])
def test_only_a_meta_tag_declares_the_encoding_of_a_page(other: str, encoding: str) -> None:
    head = other.format("koi8-r") + f'<meta name="viewport" content="x" /><meta charset="{encoding}">'
    page = parse(f"{head}<title>Привет</title>".encode(encoding), "text/html", PAGE)
    assert page is not None
    assert page.title == "Привет"


@pytest.mark.parametrize("name", ["idna", "punycode", "unicode_escape", "rot13", "zlib", "base64", "mbcs", "undefined"])
def test_only_encodings_of_the_web_are_used(name: str) -> None:
    assert decode(b"abc\\x41", f"text/html; charset={name}") == "abc\\x41"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 100_000,
        b"<" * 1_000_000,
        b"<!--" * 250_000,
        b"<a " * 300_000,
        b"<![CDATA[" * 100_000,
        b"<div>" * 200_000,
        b"<title>" * 140_000,
        b"<meta>" * 170_000,
        b"<meta " + b"a=b " * 250_000 + b">",
        b"<title>" + b"&amp;" * 200_000,
        b"<script>" + b"<x" * 400_000,
        b"<meta property=og:title content='" + b"&#" * 400_000,
        bytes(range(256)) * 4000,
    ],
)
def test_hostile_pages_do_no_harm(body: bytes) -> None:
    parse(body, "text/html", PAGE)


@pytest.mark.parametrize("content_type", ["", "text/plain", "image/svg+xml", "application/json", "text/html-x"])
def test_other_types_are_not_read(content_type: str) -> None:
    assert parse(b"<title>t</title>", content_type, PAGE) is None


def test_a_header_of_any_length_costs_no_more_than_a_short_one() -> None:
    assert decode(b"<title>abc</title>", f"text/html; charset={' ' * 99_000}!") == "<title>abc</title>"
