"""The codes, by the examples of the RFCs."""

from base64 import b32encode
from datetime import UTC, datetime

import pytest

from app.modules.second_factor_module.services.codes import (
    find_step,
    is_totp,
    new_recovery_codes,
    new_secret,
    normalize,
    otpauth_url,
)
from app.modules.second_factor_module.tests.authenticator import code_of

_SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert find_step(_SECRET, code, at, 0) == seconds // 30
    assert code_of(_SECRET, seconds // 30) == code


def test_a_clock_may_differ_by_thirty_seconds() -> None:
    at, step = datetime.fromtimestamp(3_000_000_000, UTC), 100_000_000
    found = [find_step(_SECRET, code_of(_SECRET, step + shift), at, 0) for shift in range(-3, 4)]
    assert found == [None, None, step - 1, step, step + 1, None, None]


def test_a_code_of_a_step_that_was_used_and_of_earlier_ones_is_refused() -> None:
    at, step = datetime.fromtimestamp(3_000_000_000, UTC), 100_000_000
    found = [find_step(_SECRET, code_of(_SECRET, step + shift), at, step) for shift in (-1, 0, 1)]
    assert found == [None, None, step + 1]


def test_spaces_and_hyphens_of_a_code_do_not_matter() -> None:
    assert normalize(" 123 456\n") == "123456"
    assert is_totp(normalize("123-456"))
    assert normalize("K3F7QA-M2XW5T p6hn4r zb7cde") == "k3f7qam2xw5tp6hn4rzb7cde"
    for other in ("12345", "1234567", "12345a", "１２３４５６", "١٢٣٤٥٦"):
        assert not is_totp(normalize(other))
        assert find_step(_SECRET, normalize(other), datetime.fromtimestamp(59, UTC), 0) is None


def test_secrets_and_recovery_codes_are_long_enough() -> None:
    assert len(new_secret()) * 5 == 160
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(normalize(code)) * 5 == 120 for code in codes)


def test_the_address_for_a_qr_code_names_the_server_and_the_user() -> None:
    url = otpauth_url(_SECRET, "anna", "Чат: наш")
    label = "%D0%A7%D0%B0%D1%82%20%20%D0%BD%D0%B0%D1%88"
    assert url == f"otpauth://totp/{label}:anna?secret={_SECRET}&issuer={label}"
