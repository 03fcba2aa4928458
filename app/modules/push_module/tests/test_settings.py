"""`PUSH_CONTACT`: how push services reach the operator."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from app.modules.push_module.services.keys import encode
from app.modules.push_module.settings import PushSettings
from app.settings import Settings, SettingsError, with_own
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


@pytest.mark.parametrize("mode", [Mode.DEV, Mode.PROD])
def test_outside_of_local_it_is_required(base_settings: Settings, mode: Mode) -> None:
    settings = replace(base_settings, app=AppSettings(ENVIRONMENT=mode), own={})
    with pytest.raises(SettingsError, match=r"^PUSH_CONTACT: set it to [^\n]+$"):
        with_own(settings, [PushSettings])


def test_in_local_it_is_not() -> None:
    assert PushSettings().contact is None
    assert encode(b"\xfb") == "-w"
