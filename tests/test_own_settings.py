"""Settings of modules: read, refused and documented as those of the core."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pydantic import BaseModel, Field
from pydantic_settings import SettingsConfigDict

from app.services.errors import RateLimited
from app.services.rate_limits import RateLimit, RateLimits
from app.settings import SettingsError, SettingsGroup, load_settings, unknown_variables, with_own
from app.settings.describe import describe_settings
from app.utils.module import Module
from app.utils.own_settings import load_all_settings, own_groups, rates_by_limit

pytestmark = pytest.mark.usefixtures("nothing_set")


class PostSettings(SettingsGroup):
    """The settings of a module."""

    model_config = SettingsConfigDict(env_prefix="POST_")

    stamp: int = Field(1, ge=1, description="price of a letter")
    office: str = Field("main", description="where letters are collected")

    def problems_in_production(self) -> Iterator[str]:
        if self.office == "main":
            yield "POST_OFFICE: ENVIRONMENT=PROD refuses the default"


def test_settings_of_a_module_are_read_and_refused_with_those_of_the_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("POST_STAMP=5\n", encoding="utf-8")
    module = Module(name="post", description="", settings=PostSettings)
    known = {"post": module}
    read = load_all_settings(known, file).own[PostSettings]
    assert isinstance(read, PostSettings)
    assert (read.stamp, read.office) == (5, "main")
    monkeypatch.setenv("LOG_LEVEL", "LOUD")
    file.write_text("POST_STAMP=0\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_all_settings(known, file)
    assert [problem.partition(":")[0] for problem in refusal.value.problems] == ["LOG_LEVEL", "POST_STAMP"]


def test_settings_loaded_without_the_modules_are_completed(tmp_path: Path) -> None:
    """As a command loads them that builds an application."""
    file = tmp_path / ".env"
    file.write_text("POST_STAMP=5\n", encoding="utf-8")
    completed = with_own(load_settings(file), [PostSettings])
    assert completed == load_all_settings({"post": Module(name="post", description="", settings=PostSettings)}, file)
    assert with_own(completed, []).own == {}
    file.write_text("POST_STAMP=0\n", encoding="utf-8")
    assert with_own(completed, [PostSettings]) == completed
    with pytest.raises(SettingsError, match=r"^POST_STAMP: "):
        with_own(load_settings(file), [PostSettings])


def test_a_module_may_refuse_values_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"post": Module(name="post", description="", settings=PostSettings)}
    monkeypatch.setenv("ENVIRONMENT", "PROD")
    monkeypatch.setenv("AUTH_SECRET", "q8Vw2k1ZbN0sT5yR7uXc3eF6hJ9mL4pA")
    with pytest.raises(SettingsError, match=r"^POST_OFFICE: ENVIRONMENT=PROD refuses the default$"):
        load_all_settings(known, None)


def test_settings_of_a_disabled_module_are_known_and_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = {"post": Module(name="post", description="", settings=PostSettings, on_by_default=False)}
    monkeypatch.setenv("POST_STAMP", "0")
    assert load_all_settings(known, None).own == {}
    file = tmp_path / ".env"
    file.write_text("POST_STAMP=0\nPOST_STAMPS=0\n", encoding="utf-8")
    [line] = unknown_variables(file, own_groups(known.values()))
    assert line.endswith("did you mean POST_STAMP?")
    assert "POST_STAMPS" in line


def test_a_variable_declared_twice_stops_the_start() -> None:
    post = Module(name="post", description="", settings=PostSettings)
    mail = Module(name="mail", description="", settings=type("MailSettings", (PostSettings,), {}))
    fast = Module(name="fast", description="", contributes=(RateLimit("account", "1/minute", "account"),))
    with pytest.raises(SettingsError) as refusal:
        load_all_settings({"post": post, "mail": mail, "fast": fast}, None)
    assert [problem.partition(":")[0] for problem in refusal.value.problems] == [
        "RATE_LIMIT_ACCOUNT",
        "POST_STAMP",
        "POST_OFFICE",
    ]


class StampSettings(BaseModel):
    price: int = Field(ge=1, description="price of a stamp")
    motive_of_it: str = Field("", description="what it shows")


class StampsSettings(SettingsGroup):
    model_config = SettingsConfigDict(env_prefix="STAMPS_")
    repeated = ("kinds", StampSettings)

    kinds: Mapping[str, StampSettings] = {}
    country: str = Field("am", description="where they are sold")


_STAMPS = {"post": Module(name="post", description="", settings=StampsSettings)}


def test_a_group_may_describe_several_things_of_a_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("STAMPS_BLUE_MAURITIUS_PRICE=9\nSTAMPS_COUNTRY=mu\nSTAMPS_RED_PRICE=5\n", encoding="utf-8")
    monkeypatch.setenv("STAMPS_BLUE_MAURITIUS_MOTIVE_OF_IT", "Королева")
    monkeypatch.setenv("STAMPS_RED_PRICE", "2")
    [stamps] = load_all_settings(_STAMPS, file).own.values()
    assert isinstance(stamps, StampsSettings)
    assert stamps.country == "mu"
    assert stamps.kinds == {
        "blue_mauritius": StampSettings(price=9, motive_of_it="Королева"),
        "red": StampSettings(price=2),
    }


def test_wrong_variables_of_one_of_them_are_reported_by_their_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("STAMPS_RED_PRICE=0\nSTAMPS_BLUE_MOTIVE_OF_IT=x\nSTAMPS_RED_PRISE=1\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_all_settings(_STAMPS, file)
    *wrong, misspelt = refusal.value.problems
    assert sorted(problem.partition(":")[0] for problem in wrong) == ["STAMPS_BLUE_PRICE", "STAMPS_RED_PRICE"]
    assert misspelt.startswith("STAMPS_RED_PRISE in ")
    assert misspelt.endswith("did you mean STAMPS_<ID>_PRICE?")


def test_a_file_that_cannot_be_read_is_the_only_problem(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"STAMPS_RED_PRISE=\xff\n")
    with pytest.raises(SettingsError, match=r"\.env, line 1: not UTF-8 text: save the file as UTF-8$"):
        load_all_settings(_STAMPS, file)


def test_they_are_examples_in_comments() -> None:
    described = describe_settings(own_groups(_STAMPS.values()))
    assert "# price of a stamp\n# STAMPS_<ID>_PRICE=\n" in described
    assert "\nSTAMPS_COUNTRY=am\n" in described


def test_a_rate_limit_of_a_module_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = RateLimit("letters", "10/minute", "account")
    known = {"post": Module(name="post", description="", contributes=(limit,))}
    monkeypatch.setenv("RATE_LIMIT_LETTERS", "2/minute")
    settings = load_all_settings(known, None)
    limits = RateLimits(settings.limits, rates_by_limit(known.values(), settings.own))
    limits.hit(limit, "anna")
    limits.hit(limit, "anna")
    limits.hit(limit, "boris", count=2)
    with pytest.raises(RateLimited):
        limits.hit(limit, "anna")
    monkeypatch.setenv("RATE_LIMIT_LETTERS", "often")
    with pytest.raises(SettingsError, match=r"^RATE_LIMIT_LETTERS: 'often' is not allowed"):
        load_all_settings(known, None)
