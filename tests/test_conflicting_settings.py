"""Settings that exclude each other are refused at the start, in one line."""

import pytest

from app.settings import SettingsError, load_settings

pytestmark = pytest.mark.usefixtures("nothing_set")


def test_a_pooler_in_transaction_mode_needs_a_bus_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes no notifications of PostgreSQL, and the server would not notice."""
    monkeypatch.setenv("PG_POOLER", "transaction")
    with pytest.raises(SettingsError, match="must be nats with PG_POOLER=transaction") as refused:
        load_settings(env_file=None)
    assert len(refused.value.problems) == 1
    monkeypatch.setenv("BUS_DRIVER", "nats")
    monkeypatch.setenv("BUS_URL", "nats://localhost:4222")
    load_settings(env_file=None)
    monkeypatch.setenv("BUS_DRIVER", "postgres")
    monkeypatch.setenv("PG_POOLER", "session")
    load_settings(env_file=None)
