"""The embedded PostgreSQL accepts as many connections as the processes of its server may open."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.fastapi_engine.server_database import database
from app.settings import PROJECT_ROOT, Settings
from tests.adapters.embedded.support import query
from tests.processes import clean_environment

WORKERS = 16
EACH = 27


def test_all_workers_of_a_server_get_their_connections(
    base_settings: Settings, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ADDRESS", "PORT", "LOGIN", "PASSWD", "DB"):
        # The server sets them for its workers. They are removed after the test.
        monkeypatch.setenv(f"PG_SERVER_{name}", "")
    settings = replace(
        base_settings,
        app=base_settings.app.model_copy(update={"workers": WORKERS}),
        db=base_settings.db.model_copy(update={"server_address": None, "embedded_data_dir": data_dir}),
    )
    with database(settings) as address:
        assert int(query(address, "SHOW max_connections")) >= WORKERS * EACH + 100


def test_the_doctor_of_a_stopped_server_does_not_count_its_connections(data_dir: Path) -> None:
    """It starts PostgreSQL for itself alone."""
    variables = {"PG_EMBEDDED_DATA_DIR": str(data_dir), "API_WORKERS": str(WORKERS)}
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=PROJECT_ROOT,
        env=clean_environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "✓ PostgreSQL is 15 or newer" in done.stdout
    assert f"{WORKERS} processes" not in done.stdout
