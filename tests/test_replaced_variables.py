"""Values of `.env` that contain `${...}`, which would be replaced by a variable."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel, Field
from pydantic_settings import SettingsConfigDict

from app.settings import SettingsError, SettingsGroup, load_settings, with_own
from app.utils.module import Module
from app.utils.own_settings import load_all_settings
from tests.processes import KNOWN_VARIABLES


class StampSettings(BaseModel):
    motive: str = Field("", description="what a stamp shows")


class StampsSettings(SettingsGroup):
    model_config = SettingsConfigDict(env_prefix="STAMPS_")
    repeated = ("kinds", StampSettings)

    kinds: Mapping[str, StampSettings] = {}


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


def test_such_a_value_is_refused_in_a_setting_of_a_module_too(file: Path) -> None:
    file.write_text("STAMPS_RED_MOTIVE='${p}'\n", encoding="utf-8")
    refusal = r", line 1: the server would replace \$\{\.\.\.\} in STAMPS_RED_MOTIVE: "
    with pytest.raises(SettingsError, match=refusal):
        load_all_settings({"post": Module(name="post", description="", settings=StampsSettings)}, file)
    with pytest.raises(SettingsError, match=refusal):
        with_own(load_settings(file), [StampsSettings])


@pytest.mark.parametrize("variable", ["PG_SERVER_PASSWD", "pg_server_passwd"])
def test_a_value_in_the_environment_is_read_instead_of_the_one_that_would_be_replaced(
    file: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    file.write_text("PG_SERVER_PASSWD='k${p}9'\n", encoding="utf-8")
    monkeypatch.setenv(variable, "k${p}9")
    assert load_settings(file).db.server_passwd.get_secret_value() == "k${p}9"
    monkeypatch.setenv(variable, "")
    with pytest.raises(SettingsError, match="PG_SERVER_PASSWD"):
        load_settings(file)


def test_a_variable_of_another_program_may_refer_to_variables(file: Path) -> None:
    file.write_text("SITE=chat.example\nBACKUP_URL='sftp://${SITE}/b'\nLOG_FORMAT=text\n", encoding="utf-8")
    assert load_settings(file).log.format == "text"


@pytest.mark.parametrize("value", ["k$p9", "k${p9", "k$}{p9", "k$(p)9", "k$$9"])
def test_a_value_with_a_dollar_sign_is_read_as_it_is(file: Path, value: str) -> None:
    file.write_text(f"PG_SERVER_PASSWD='{value}'\n", encoding="utf-8")
    assert load_settings(file).db.server_passwd.get_secret_value() == value
