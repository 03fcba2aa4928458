"""Values of `.env` that contain `${...}`, which would be replaced by a variable."""

from pathlib import Path

import pytest

from app.settings import SettingsError, load_settings
from tests.processes import KNOWN_VARIABLES


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for variable in KNOWN_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / ".env"


@pytest.mark.parametrize("value", ["k${p}9", "'k${p}9'", '"k${p}9"', "'k${p:-x}9'"])
def test_a_value_that_would_be_replaced_is_refused_and_not_shown(file: Path, value: str) -> None:
    file.write_text(f"LOG_FORMAT=text\nPG_SERVER_PASSWD={value}\nLOG_LEVEL=LOUD\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    replaced, wrong = refusal.value.problems
    assert replaced.startswith(f"{file}, line 2: the server would replace ${{...}} in PG_SERVER_PASSWD: ")
    assert "k$" not in replaced
    assert wrong.startswith("LOG_LEVEL: ")


@pytest.mark.parametrize("value", ["k$p9", "k${p9", "k$}{p9", "k$(p)9", "k$$9"])
def test_a_value_with_a_dollar_sign_is_read_as_it_is(file: Path, value: str) -> None:
    file.write_text(f"PG_SERVER_PASSWD='{value}'\n", encoding="utf-8")
    assert load_settings(file).db.server_passwd.get_secret_value() == value
