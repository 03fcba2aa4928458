"""Settings: read from the environment and `.env`, refused in one line, documented in `.env.example`."""

import sys
from pathlib import Path

import pytest

from app.settings import CORE_GROUPS, Mode, Settings, SettingsError, load_settings, unknown_variables
from tests.processes import KNOWN_VARIABLES

SECRET = "q8Vw2k1ZbN0sT5yR7uXc3eF6hJ9mL4pA"

pytestmark = pytest.mark.usefixtures("nothing_set")


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file=None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENVIRONMENT", "STAGING"),
        ("API_MODE", "loud"),
        ("API_HOST", "127.0.0..1"),
        ("API_PUBLIC_URL", "https://chat.example.com:port"),
        ("API_SERVICE_PORT", "0"),
        ("API_SERVICE_PORT", "65536"),
        ("API_SERVICE_PORT", "http"),
        ("API_PREFIX", "api/v1"),
        ("API_PREFIX", "/api/v1/"),
        ("API_PREFIX", "/"),
        ("API_WORKERS", "0"),
        ("API_WORKERS", "many"),
        ("API_RELOAD", "perhaps"),
        ("API_CORS_ORIGINS", "*"),
        ("API_CORS_ORIGINS", "https://example.com/"),
        ("API_TRUSTED_PROXIES", "the.proxy"),
        ("PG_SERVER_ADDRESS", "10.0.0..5"),
        ("PG_SERVER_ADDRESS", "a b:5433"),
        ("PG_SERVER_ADDRESS", "a:5432 b:5433"),
        ("PG_SERVER_PORT", "-1"),
        ("PG_POOL_SIZE", "1"),
        ("AUTH_ACCESS_TTL", "1"),
        ("AUTH_REFRESH_TTL", "a month"),
        ("AUTH_ARGON2_MEMORY_COST", "0"),
        ("LOG_ENABLE", "sometimes"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("RATE_LIMIT_ENABLE", "2"),
        ("STREAM_RETENTION_DAYS", "0"),
        ("BUS_DRIVER", "pigeon"),
        ("BUS_SUBJECT", "all.>"),
    ],
)
def test_an_invalid_value_is_reported_in_one_line_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load(monkeypatch, **{variable: value})
    line = str(refusal.value)
    assert line.startswith(f"{variable}: ")
    assert value in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "url",
    [
        "anna:secret@host",
        "http://anna:secret@host",
        "nats://anna:secret@",
        "nats://anna:secret@host:port",
        "nats://anna:secret@host:0",
        "nats://anna:secret@host/messenger",
        "nats://anna:secret@host?tls=false",
        "nats://anna:secret@one:4222,",
        "nats://anna:secret@one:4222;tls://two",
    ],
)
def test_a_wrong_bus_url_is_reported_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(SettingsError, match=r"^BUS_URL: must be nats://") as refusal:
        load(monkeypatch, BUS_URL=url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    ["http://:secret@host", "redis://:sec/ret@host", "redis://:1#secret@host", "redis://host:port", "redis://h/secret"],
)
def test_a_wrong_redis_url_is_reported_without_its_password(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(SettingsError, match=r"^RATE_LIMIT_STORAGE: must be memory://") as refusal:
        load(monkeypatch, RATE_LIMIT_STORAGE=url)
    assert "secret" not in str(refusal.value)


def test_a_storage_of_the_limits_may_name_a_user_and_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("memory://", "redis://host", "redis://:se%2Fcret@host:6379/2", "rediss://u:p@[::1]:6380/?protocol=3"):
        assert load(monkeypatch, RATE_LIMIT_STORAGE=url).limits.storage.get_secret_value() == url


def test_nats_needs_an_address_and_its_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"^BUS_URL: must be set if BUS_DRIVER is nats"):
        load(monkeypatch, BUS_DRIVER="nats")
    streams = load(monkeypatch, BUS_DRIVER="nats", BUS_URL="nats://u:p@a:4222/, tls://[::1]").streams
    assert streams.bus_servers == ["nats://u:p@a:4222", "tls://[::1]"]
    assert "p@" not in repr(streams)
    monkeypatch.setitem(sys.modules, "nats", None)
    with pytest.raises(SettingsError, match="pip install nats-py"):
        load(monkeypatch)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, **dict.fromkeys(KNOWN_VARIABLES, "")) == load_settings(env_file=None)


def test_the_environment_takes_precedence_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("API_TITLE=Из файла\nAPI_SERVICE_PORT=9001\nNOT_OURS=1\n", encoding="utf-8")
    for value, port in (("9002", 9002), ("", 8788)):
        monkeypatch.setenv("API_SERVICE_PORT", value)
        app = load_settings(file).app
        assert (app.title, app.service_port) == ("Из файла", port)


def test_the_mode_follows_the_environment_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch).app.mode is Mode.LOCAL
    assert load(monkeypatch, ENVIRONMENT="DEV").app.mode is Mode.DEV
    assert load(monkeypatch, API_MODE="PROD").app.mode is Mode.PROD


def test_the_public_address_follows_the_port_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    app = load(monkeypatch, API_SERVICE_PORT="8917").app
    assert (app.public_url, app.address_base) == ("http://localhost:8917", "")
    assert load(monkeypatch, API_PUBLIC_URL="https://chat.example.org").app.public_url == "https://chat.example.org"


@pytest.mark.parametrize(
    ("variables", "reloads"),
    [
        ({}, True),
        ({"API_RELOAD": "false"}, False),
        ({"API_WORKERS": "2"}, False),
        ({"ENVIRONMENT": "PROD", "AUTH_SECRET": SECRET}, False),
        ({"ENVIRONMENT": "DEV"}, True),
    ],
)
def test_reload_is_on_for_developers_only(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reloads: bool
) -> None:
    assert load(monkeypatch, **variables).app.reloads is reloads


def test_a_password_hash_has_memory_for_each_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"^AUTH_ARGON2_PARALLELISM: .*AUTH_ARGON2_MEMORY_COST"):
        load(monkeypatch, AUTH_ARGON2_PARALLELISM="4", AUTH_ARGON2_MEMORY_COST="31")
    load(monkeypatch, AUTH_ARGON2_PARALLELISM="4", AUTH_ARGON2_MEMORY_COST="32")


@pytest.mark.parametrize("secret", ["", "secret", SECRET[:31], "a" * 64])
def test_production_requires_a_strong_secret(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    with pytest.raises(SettingsError, match=r"^AUTH_SECRET: .*32 bytes"):
        load(monkeypatch, ENVIRONMENT="PROD", AUTH_SECRET=secret)
    load(monkeypatch, ENVIRONMENT="PROD", AUTH_SECRET=SECRET)


@pytest.mark.parametrize("password", ["", "postgres", "Password"])
def test_production_requires_a_real_password_of_its_database(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    own = {"ENVIRONMENT": "PROD", "AUTH_SECRET": SECRET, "PG_SERVER_ADDRESS": "db.example.com"}
    with pytest.raises(SettingsError, match=r"^PG_SERVER_PASSWD: "):
        load(monkeypatch, **own, PG_SERVER_PASSWD=password)
    load(monkeypatch, **own, PG_SERVER_PASSWD="Zq7-long-and-random")
    load(monkeypatch, **own | {"PG_SERVER_ADDRESS": "/run/postgresql"}, PG_SERVER_PASSWD="")


def test_a_secret_appears_neither_in_the_settings_nor_in_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, AUTH_SECRET=SECRET, PG_SERVER_PASSWD="Zq7-long-and-random")
    assert SECRET not in repr(settings)
    assert "Zq7" not in repr(settings)
    with pytest.raises(SettingsError) as refusal:
        load(monkeypatch, ENVIRONMENT="PROD", AUTH_SECRET=SECRET[:20])
    assert SECRET[:20] not in str(refusal.value)


def test_the_unchanged_example_changes_nothing(project_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = project_root / ".env.example"
    assert load_settings(example) == load_settings(env_file=None)
    monkeypatch.setenv("ENVIRONMENT", "DEV")
    assert load_settings(example).app.mode is Mode.DEV


def test_every_setting_of_the_core_is_described_in_both_languages() -> None:
    for group in CORE_GROUPS.values():
        assert set(group.russian) == set(group.model_fields), group
        assert all(field.description for field in group.model_fields.values()), group


def test_all_invalid_settings_are_reported_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("LOG_LEVEL=LOUD\nLOG_FORMAT text\n", encoding="utf-8")
    for name, value in {"API_SERVICE_PORT": "many", "API_WORKERS": "0", "ENVIRONMENT": "PROD"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    reported = [problem.partition(":")[0] for problem in refusal.value.problems]
    assert reported == [f"{file}, line 2", "API_SERVICE_PORT", "API_WORKERS", "LOG_LEVEL", "AUTH_SECRET"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"API_TITLE=a\n\nAPI_SERVICE_PORT 8000\n", 3),
        (b"# a comment\nAPI_TITLE='a\n", 2),
        (b"API_TITLE\n", 1),
        (b"API_TITLE=a\nAPI_CONTACT_NAME=\xc0\xed\xed\xe0\n", 2),
    ],
)
def test_a_line_of_the_file_that_cannot_be_read_is_reported(tmp_path: Path, text: bytes, line: int) -> None:
    file = tmp_path / ".env"
    file.write_bytes(text)
    with pytest.raises(SettingsError) as refusal:
        load_settings(file)
    assert str(refusal.value).startswith(f"{file}, line {line}: ")
    assert "\n" not in str(refusal.value)


def test_an_unreadable_file_is_reported_and_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(SettingsError, match=r"folder: cannot be read: Is a directory"):
        load_settings(folder)
    file = tmp_path / ".env"
    file.write_text("API_TITLE=Из файла\n", encoding="utf-8-sig")
    assert load_settings(file).app.title == "Из файла"


def test_a_misspelt_name_is_reported_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("API_SERVIC_PORT=1\nLOG_QUIZ_BUZZ=1\nCOMPOSE_PROJECT_NAME=1\nlog_level=INFO\n", encoding="utf-8")
    monkeypatch.setenv("ENVIROMENT", "PROD")
    monkeypatch.setenv("RATE_LIMITS_ENABLE", "true")
    reported = {line.partition(" in ")[0]: line.rpartition(": ")[2] for line in unknown_variables(file)}
    assert reported == {
        "ENVIROMENT": "did you mean ENVIRONMENT?",
        "RATE_LIMITS_ENABLE": "did you mean RATE_LIMIT_ENABLE?",
        "API_SERVIC_PORT": "did you mean API_SERVICE_PORT?",
        "LOG_QUIZ_BUZZ": "see .env.example for all settings",
    }
