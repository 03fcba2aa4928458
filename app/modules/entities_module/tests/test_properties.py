"""What holds for all texts: ranges are in the text, and cover what was meant in any language of strings."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.entities_module.services.deriving import MAX_ENTITIES, derive_markdown, derive_plain
from app.modules.entities_module.services.links import SCHEMES
from app.modules.entities_module.tests.slicing import Entities, covered, shown, slice_units
from app.settings import PROJECT_ROOT
from tests.fuzz.effort import effort
from tests.npm import NODE

_SLICE = """
import { readFileSync } from 'node:fs';
const { entityText } = await import(process.argv[2]);
const texts = JSON.parse(readFileSync(0));
console.log(JSON.stringify(texts.map(({ text, entities }) => entities.map((entity) => entityText(text, entity)))));
"""
# Emoji with joiners, skin tones and flags; combining marks; right to left; characters of two code units.
WORDS = [
    "да",
    "👩‍👩‍👧‍👦",
    "👍🏽",
    "🇷🇺🇫🇷",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "e\u0301\u0323",
    "\u0301",
    "नमस्ते",
    "שלום",
    "مرحبا",
    "\u2067abc\u2069",
    "𝔘𝔫𝔦",
    "𠜎𠜱",
    "ﷺ",
    "한글",
    "한",
    "\u200d",
    "ё",
    "I\u0307",
]
WRAPPED = {
    "bold": ("**", "**"),
    "italic": ("*", "*"),
    "strike": ("~~", "~~"),
    "spoiler": ("||", "||"),
    "code": ("`", "`"),
    "link": ("[", "](https://example.com)"),
}
PIECES = [
    *WORDS,
    "*",
    "**",
    "_",
    "__",
    "~~",
    "||",
    "`",
    "``",
    "```",
    "```\n",
    "[",
    "](",
    ")",
    "](https://a.bc)",
    "](Https://Ы.рф)",
    "<",
    ">",
]
PIECES += ["\n", "\n\n", "\r\n", "> ", "\t", " ", "  ", "\\", "@anna", "@all"]
PIECES += ["https://a.bc/d", "HTTP://Ы.рф", "a.bc", "/start", "a@b.cd"]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=40).map("".join).filter(str.strip)


def make_text(dice: Random) -> tuple[str, list[tuple[str, str]]]:
    """Returns a text of formatted words, and what each entity of it means."""
    meant: list[tuple[str, str]] = []
    pieces = []
    for _ in range(dice.randint(1, 8)):
        word = dice.choice(WORDS) + "".join(dice.choices(["", " ", *WORDS], k=dice.randint(0, 3))) + dice.choice("жz")
        kind = dice.choice([None, *WRAPPED])
        if kind is None:
            pieces.append(word)
        else:
            opening, closing = WRAPPED[kind]
            pieces.append(f"{opening}{word}{closing}")
            meant.append((kind, word))
    return " ".join(pieces), meant


async def slice_in_node(texts: list[tuple[str, Entities]]) -> list[list[str]]:
    client = (PROJECT_ROOT / "docs" / "examples" / "realtime_client.mjs").as_uri()
    process = await asyncio.create_subprocess_exec(
        NODE, "--input-type=module", "-e", _SLICE, "-", client, stdin=PIPE, stdout=PIPE
    )
    asked = [{"text": text, "entities": entities} for text, entities in texts]
    printed, _ = await process.communicate(json.dumps(asked).encode())
    answer: list[list[str]] = json.loads(printed)
    return answer


async def test_slices_are_what_was_meant_in_python_and_in_javascript() -> None:
    dice = Random(19)  # noqa: S311 - a test
    texts = [make_text(dice) for _ in range(300)]
    entities = [[each for each in derive_markdown(text) if each["type"] != "syntax"] for text, _ in texts]
    in_node = await slice_in_node([(text, found) for (text, _), found in zip(texts, entities, strict=True)])
    for (text, meant), found, by_node in zip(texts, entities, in_node, strict=True):
        assert covered(text, found) == meant
        assert by_node == [word for _, word in meant]


@effort(200)
@given(TEXTS)
def test_ranges_are_sorted_and_in_the_text(text: str) -> None:
    for entities in (derive_markdown(text), derive_plain(text)):
        assert len(entities) <= MAX_ENTITIES
        places = [(entity["offset"], -entity["length"]) for entity in entities]
        assert places == sorted(places)
        for entity in entities:
            assert entity["length"] > 0
            # No surrogate pair is cut into two.
            assert slice_units(text, entity)
            url = entity.get("url", SCHEMES[0])
            assert url.startswith(SCHEMES)
            assert url.isascii()
        runs = [entity for entity in entities if entity["type"] == "syntax"]
        for run, following in pairwise(runs):
            assert run["offset"] + run["length"] < following["offset"]


@effort(200)
@given(TEXTS)
def test_no_range_begins_or_ends_within_markers(text: str) -> None:
    entities = derive_markdown(text)
    runs = [entity for entity in entities if entity["type"] == "syntax"]
    for entity in entities:
        for run in runs if entity["type"] in ("mention", "mention_all", "command", "code") else ():
            is_apart = (
                run["offset"] + run["length"] <= entity["offset"]
                or entity["offset"] + entity["length"] <= run["offset"]
            )
            assert is_apart, (entity, run)


@effort(200)
@given(TEXTS)
def test_without_its_markers_a_text_has_the_same_other_characters(text: str) -> None:
    remaining = iter(text)
    assert all(character in remaining for character in shown(text))


@effort(100)
@given(st.text(alphabet="ab жñ \n.,!?1ßẞ", min_size=1))
def test_a_text_without_signs_has_no_entities(text: str) -> None:
    if text.strip():
        assert [entity for entity in derive_markdown(text) if entity["type"] != "link"] == []


HEAVY: dict[str, Any] = {
    "asterisks": lambda size: "*" * size,
    "open emphasis": lambda size: "*a " * (size // 3),
    "closed emphasis": lambda size: "*a*" * (size // 3),
    "mixed emphasis": lambda size: "*a_ " * (size // 4),
    "both ways": lambda size: "a**b" + "c* " * (size // 3),
    "odd runs": lambda size: "a***b**c*" * (size // 9),
    "brackets": lambda size: "[" * size,
    "brackets and text": lambda size: "[a" * (size // 2),
    "links in links": lambda size: "[" * (size // 6) + "](a)" * (size // 6),
    "open links": lambda size: "[a](<b" * (size // 6),
    "parentheses": lambda size: "[a](" + "(" * size,
    "backticks": lambda size: "".join("`" * n + " " for n in range(1, int((2 * size) ** 0.5))),
    "backslashes": lambda size: "\\" * size,
    "quotes": lambda size: ">" * size,
    "lines of quotes": lambda size: ">>>>>>>>>>a\n" * (size // 12),
    "lines": lambda size: "> a\nb\n" * (size // 6),
    "fences": lambda size: "```\na\n" * (size // 6),
    "autolinks": lambda size: "<a:" * (size // 3),
    "spoilers": lambda size: "||a" * (size // 3),
    "tildes": lambda size: "~~a ~~" * (size // 6),
    "schemes": lambda size: "http://" * (size // 7),
    "mailto": lambda size: "mailto:" * (size // 7),
    "dots": lambda size: "a." * (size // 2),
    "labels": lambda size: "a.b " * (size // 4),
    "at signs": lambda size: "@" * size,
    "names": lambda size: "@anna " * (size // 6),
    "names and dots": lambda size: "@a" + "." * size,
    "mails": lambda size: "a@b.c" * (size // 5),
    "paths": lambda size: "http://a.bc/" + "(" * size,
    "quotation marks": lambda size: "http://a.bc/" + "'" * size,
    "signs and underscores": lambda size: ("«_" * 40 + "_a.bc/" + "_," * 40 + "a ") * (size // 168),
    "closing signs": lambda size: ("http://a.bc/" + "»" * 187 + " ") * (size // 200),
    "hyphens": lambda size: "a-" * (size // 2) + ".com",
    "symbols": lambda size: "\u2067abc\u2069a-ж.рф`" * (size // 12),
    "links in Markdown": lambda size: "[a](http://я.рф/ж) " * (size // 19),
    "different links": lambda size: "".join(f"[a](http://я{n}.рф/%z)" for n in range(size // 23)),
    "links in brackets": lambda size: "<http://я.рф/ж>" * (size // 15),
    "Cyrillic domains": lambda size: "я.рф/ж " * (size // 7),
    "domains in capitals": lambda size: "".join(f"Ж{n}.РФ%z " for n in range(size // 10)),
    "emphasis and links": lambda size: "*_a_* [a](http://b.cd/e) " * (size // 25),
    "emphasis in links": lambda size: "[*_a_*](http://b.cd/e) " * (size // 23),
    "slashes": lambda size: "/a" * (size // 2),
}


MOST_CALLS = 45_000
"""Of functions, for the entities of a text of 4,000 characters."""


def count_calls(derive: Any, text: str) -> int:
    """Returns how many calls of functions the entities of a text take; what regular expressions take was measured."""
    calls = 0

    def count(_: Any, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        derive(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("derive", [derive_plain, derive_markdown])
def test_a_text_of_double_length_takes_about_double_the_work(name: str, derive: Any) -> None:
    counted = []
    for size in (1000, 2000, 4000):
        text = HEAVY[name](size)
        derive(text)
        counted.append(count_calls(derive, text))
    assert counted[2] <= 2.5 * counted[1] + 100, counted
    assert counted[2] <= MOST_CALLS
