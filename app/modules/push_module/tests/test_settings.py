"""`PUSH_CONTACT`: how push services reach the operator."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from app.modules.push_module.services.checks import CONTACT
from app.modules.push_module.settings import PushSettings, contact_of
from app.settings import Settings
from app.settings.app_settings import AppSettings, Mode


@pytest.mark.parametrize("contact", ["mailto:admin@example.com", "https://example.com/contact"])
def test_an_address_of_the_operator_is_accepted(contact: str) -> None:
    assert PushSettings(contact=contact).contact == contact


@pytest.mark.parametrize(
    "contact", ["admin@example.com", "mailto:", "http://example.com", "https://", "mailto:a @example.com", "mailto:é@x"]
)
def test_anything_else_is_refused(contact: str) -> None:
    with pytest.raises(ValidationError, match="must be mailto:"):
        PushSettings(contact=contact)


@pytest.mark.parametrize(
    ("contact", "public_url", "expected"),
    [
        (None, "http://localhost:8788", None),
        ("mailto:a@example.com", "http://localhost:8788", "mailto:a@example.com"),
        (None, "https://chat.example.com", "https://chat.example.com"),
        ("mailto:a@example.com", "https://chat.example.com", "mailto:a@example.com"),
    ],
)
async def test_without_it_the_address_of_the_server_is_the_contact(
    base_settings: Settings, contact: str | None, public_url: str, expected: str | None
) -> None:
    own, app = PushSettings(contact=contact), AppSettings(ENVIRONMENT=Mode.DEV, public_url=public_url)
    assert contact_of(own, app) == expected
    problems = await CONTACT.find(replace(base_settings, app=app, own={PushSettings: own}), None)
    assert bool(problems) is (expected is None)
