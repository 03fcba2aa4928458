"""Cursors: a key is encoded and decoded unchanged, and anything else is refused."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.modules.base_module.schemas import Moment, Position, Storable
from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.resources.constants import MAX_BIGINT
from app.services.errors import ValidationFailed
from tests.fuzz.effort import effort

SHAPES: list[Any] = [tuple[Position], tuple[Storable], tuple[Moment, UUID]]

moments = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@effort(100)
@given(st.integers(0, MAX_BIGINT))
def test_a_number_is_encoded_and_decoded_unchanged(number: int) -> None:
    assert decode_cursor(encode_cursor(number), tuple[Position]) == (number,)


@effort(100)
@given(texts)
def test_a_text_is_encoded_and_decoded_unchanged(text: str) -> None:
    assert decode_cursor(encode_cursor(text), tuple[Storable]) == (text,)


@effort(100)
@given(moments, st.uuids())
def test_a_time_and_an_id_are_encoded_and_decoded_unchanged(at: datetime, chat_id: UUID) -> None:
    assert decode_cursor(encode_cursor(at, str(chat_id)), tuple[Moment, UUID]) == (at, chat_id)


@effort(100)
@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()), st.sampled_from(SHAPES))
def test_garbage_is_refused(garbage: str, shape: Any) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(garbage, shape)


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ((-1,), tuple[Position]),
        ((MAX_BIGINT + 1,), tuple[Position]),
        (("5",), tuple[Position]),
        ((True,), tuple[Position]),
        ((1, 2), tuple[Position]),
        ((), tuple[Position]),
        (("a\0b",), tuple[Storable]),
        ((5,), tuple[Storable]),
        (("2026-01-01T12:00:00", str(UUID(int=1))), tuple[Moment, UUID]),
        (("0001-01-01T00:00:00+14:00", str(UUID(int=1))), tuple[Moment, UUID]),
        (("9999-12-31T23:59:59-14:00", str(UUID(int=1))), tuple[Moment, UUID]),
        ((1767225600, str(UUID(int=1))), tuple[Moment, UUID]),
        (("2026-01-01T12:00:00Z", "nonsense"), tuple[Moment, UUID]),
    ],
)
def test_a_cursor_of_another_shape_is_refused(values: Any, shape: Any) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(encode_cursor(*values), shape)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(encode_cursor(5, of="chats"), tuple[Position], of="people")


def test_invalid_characters_in_a_cursor_are_refused() -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(encode_cursor(5) + "!", tuple[Position])
