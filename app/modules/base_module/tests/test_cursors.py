"""Cursors carry whatever a page is sorted by."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from asyncpg.pgproto import pgproto

from app.modules.base_module.services.cursors import decode_cursor, encode_cursor
from app.services.errors import ValidationFailed

AT = datetime(2026, 1, 1, 12, 0, 0, 123456, UTC)
ID = "6f1c1d7e-4f0c-4a57-9b0e-2f8d3c5b7a91"


@pytest.mark.parametrize("kind", [UUID, pgproto.UUID])
def test_an_id_comes_back_as_it_went_whoever_made_it(kind: type[UUID]) -> None:
    cursor = encode_cursor(AT, kind(ID))
    assert decode_cursor(cursor, tuple[datetime, UUID]) == (AT, UUID(ID))


@pytest.mark.parametrize("cursor", ["", "nonsense", "Ёж", encode_cursor(1), encode_cursor(AT, ID, 1)])
def test_a_cursor_of_another_shape_is_refused(cursor: str) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(cursor, tuple[datetime, UUID])
