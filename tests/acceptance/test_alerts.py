"""Prometheus' own tool reads the alert rules, the dashboard's queries and the configuration, and tests the alerts."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import yaml


def promtool(*arguments: object) -> None:
    program = shutil.which("promtool")
    assert program, "this test needs promtool: apt-get install prometheus"
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alert_rules_and_the_configuration_are_valid(project_root: Path) -> None:
    folder = project_root / "docs" / "deployment" / "monitoring"
    promtool("check", "rules", folder / "alerts.yml")
    promtool("check", "config", folder / "prometheus.yml")


def test_each_alert_fires_when_it_should_and_not_before(project_root: Path) -> None:
    promtool("test", "rules", project_root / "tests" / "acceptance" / "monitoring" / "alerts.yml")


def test_the_queries_of_the_dashboard_are_valid(project_root: Path, tmp_path: Path) -> None:
    text = (project_root / "docs" / "deployment" / "monitoring" / "dashboard.json").read_text(encoding="utf-8")
    queries = [target["expr"] for panel in json.loads(text)["panels"] for target in panel.get("targets", ())]
    assert len(queries) > 20
    # Grafana replaces its variables before it asks.
    rules = [
        {"record": f"query:{number}", "expr": re.sub(r"\$\w+", "5m", query)} for number, query in enumerate(queries)
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", file)
