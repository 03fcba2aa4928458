"""Frames as strategies: from valid requests to bytes that are no frames at all."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from app.resources.constants import MAX_BIGINT

Json = Any


@dataclass(frozen=True)
class Text:
    """A text frame."""

    text: str


@dataclass(frozen=True)
class Binary:
    """A binary frame, which the protocol does not allow."""

    data: bytes


@dataclass(frozen=True)
class Wire:
    """Raw bytes, whatever they are to the protocol."""

    data: bytes


Sent = Text | Binary | Wire

CLUB = "c1000000-0000-4000-8000-000000000000"
TOKEN = "an access token"
"""A placeholder for a value that is known only once the server runs."""


def filled(sent: Sent, club: str, token: str) -> Sent:
    """Returns the frame with the id of a chat, and a token, in place of the placeholders."""
    match sent:
        case Text(text):
            return Text(text.replace(CLUB, club).replace(TOKEN, token))
        case _:
            return sent


# JSON can spell halves of surrogate pairs, and numbers of any size.
letters = st.characters(codec=None)
texts = st.text(letters, max_size=12) | st.sampled_from(["", "\0", "\ud800", "a\udfffb", "👨‍👩‍👧", "я" * 70, " \u2028"])
whole = st.integers(-3, 12) | st.sampled_from([MAX_BIGINT, MAX_BIGINT + 1, -MAX_BIGINT - 1, 10**30, 10**400])
scalars = st.none() | st.booleans() | whole | st.floats() | texts
values: st.SearchStrategy[Json] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
ids = st.integers(-5, 5) | st.text(max_size=8) | st.sampled_from([MAX_BIGINT, -MAX_BIGINT, "x" * 64, "ы"])


def _requests() -> st.SearchStrategy[Json]:
    chats = st.just(CLUB) | st.uuids().map(str)
    data = {
        "send": st.fixed_dictionaries(
            {"chat_id": chats, "text": st.text(max_size=8).map(lambda text: f"{text}!")},
            optional={
                "client_msg_id": st.none() | st.uuids().map(str) | st.just(CLUB),
                "reply_to_seq": st.none() | st.integers(0, 5),
            },
        ),
        "read": st.fixed_dictionaries({"chat_id": chats, "seq": st.integers(0, 3)}),
        "typing": st.fixed_dictionaries({"chat_id": chats, "is_typing": st.booleans()}),
        "ping": st.just({}),
        "hello": st.fixed_dictionaries(
            {"token": st.just(TOKEN)},
            optional={"cursors": st.dictionaries(chats, st.integers(0, 9), max_size=2)},
        ),
    }
    return st.one_of(
        [st.fixed_dictionaries({"id": ids, "action": st.just(name), "data": inner}) for name, inner in data.items()]
    )


@st.composite
def _almost(draw: st.DrawFn) -> Json:
    request = draw(_requests())
    place = request if draw(st.booleans()) else request["data"]
    names = st.sampled_from(sorted(place)) if place else texts
    name = draw(names | texts)
    if name in place and draw(st.booleans()):
        return (
            {key: value for key, value in request.items() if key != name}
            if place is request
            else {
                **request,
                "data": {key: value for key, value in place.items() if key != name},
            }
        )
    changed = {**place, name: draw(values)}
    return changed if place is request else {**request, "data": changed}


def _spelled(objects: st.SearchStrategy[Json]) -> st.SearchStrategy[Text]:
    """JSON in one of its spellings, complete or cut off."""
    dumped = st.tuples(objects, st.booleans()).map(lambda pair: _dump(*pair))
    cut = st.tuples(dumped, st.integers(1, 40)).map(lambda pair: pair[0][: -pair[1]])
    twice = dumped.filter(lambda text: text.startswith("{") and len(text) > 2).map(
        lambda text: f'{{"id": 7, "action": "dance", {text[1:]}'
    )
    return st.one_of(dumped, dumped.map(lambda text: f" \n{text}\t"), cut, twice).map(Text)


def _dump(value: Json, is_ascii: bool) -> str:
    text = json.dumps(value, ensure_ascii=is_ascii)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


good = _spelled(_requests())
"""Valid requests: carried out, or refused for a reason of the chat."""

almost_good = _spelled(_almost())
"""Requests with one mistake: something missing, something additional, or something different."""

garbage: st.SearchStrategy[Sent] = st.one_of(
    st.text(max_size=30).map(Text),
    _spelled(values),
    st.sampled_from(["[" * 5000, '{"id":' * 5000, "\ufeff{}", "{}{}", "nul", "-", '{"id": 1e999}']).map(Text),
    st.binary(max_size=30).map(Binary),
)


@st.composite
def _pieces(draw: st.DrawFn) -> Wire:
    """A text frame in fragments, perhaps with a ping in between, or without its end."""
    raw = draw(good).text.encode()
    cut = draw(st.integers(0, len(raw)))
    parts = [Frame(Opcode.TEXT, raw[:cut], fin=False).serialize(mask=True)]
    if draw(st.booleans()):
        parts.append(Frame(Opcode.PING, b"?").serialize(mask=True))
    if draw(st.integers(0, 4)):
        parts.append(Frame(Opcode.CONT, raw[cut:]).serialize(mask=True))
    return Wire(b"".join(parts))


broken: st.SearchStrategy[Sent] = _pieces() | st.one_of(
    st.binary(min_size=1, max_size=40),
    st.sampled_from(
        [
            Frame(Opcode.TEXT, b'{"id": "\xff"}').serialize(mask=True),
            Frame(Opcode.TEXT, b'{"id": "\xed\xa0\x80"}').serialize(mask=True),
            Frame(Opcode.CONT, b"of nothing").serialize(mask=True),
            Frame(Opcode.TEXT, b"not masked").serialize(mask=False),
            b"\xc1\x82\0\0\0\0{}",
            Frame(Opcode.CLOSE, b"\x03").serialize(mask=True),
            Frame(Opcode.CLOSE, b"\x03\xed").serialize(mask=True),
            b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x81\xfe\xff\xff",
        ]
    ),
).map(Wire)
