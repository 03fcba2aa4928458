"""The domain and the origins that passkeys are bound to, as an operator writes them."""

import pytest

from app.modules.passkeys_module.settings import PasskeySettings


@pytest.mark.parametrize(
    "value",
    ["https://localhost", "localhost:8788", "chat.example.org/", "чат.рф", "192.168.0.1", ".example.org", "a b"],
)
def test_a_value_that_no_browser_accepts_as_a_domain_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PASSKEY_RP_ID", value)
    with pytest.raises(ValueError, match="must be a domain"):
        PasskeySettings()


def test_a_domain_is_read_in_lower_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKEY_RP_ID", "Chat-1.Example.org")
    assert PasskeySettings().rp_id == "chat-1.example.org"


@pytest.mark.parametrize("value", ["foo", "example.org:443", "https://example.org/", "*", "android:apk-key-hash:"])
def test_a_text_that_is_no_origin_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PASSKEY_ORIGINS", f"https://chat.example.org, {value}")
    with pytest.raises(ValueError, match="is not an origin") as refusal:
        PasskeySettings()
    assert repr(value) in str(refusal.value)


def test_origins_are_those_of_pages_and_apps(monkeypatch: pytest.MonkeyPatch) -> None:
    apps = ("android:apk-key-hash:aB_c-1", "ios:bundle-id:org.example.Chat")
    monkeypatch.setenv("PASSKEY_ORIGINS", ",".join(["HTTPS://Chat.Example.org:443", "capacitor://localhost", *apps]))
    assert PasskeySettings().origins == ("https://chat.example.org", "capacitor://localhost", *apps)
