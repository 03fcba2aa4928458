"""Alert rules and dashboards use metrics, labels and values that the server has. Each alert has its runbook."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from app.commands.manage import program

_OF_TARGETS = {"job", "instance"}
"""Labels that Prometheus adds. It renames a label of a metric with the same name to `exported_...`."""
_FROM_TEXT = {"outcome", "pool", "reason", "state", "target"}
"""Labels whose values the text of the metric lists."""
_SELECTOR = re.compile(r"\b((?:messenger|process)_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on|ignoring|without)\s*\(([^)]*)\)")
_USED_IN_TEXT = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}")


class Metric(NamedTuple):
    labels: set[str]
    text: str


class Query(NamedTuple):
    """An expression, and the texts that show labels of its result."""

    name: str
    expr: str
    texts: list[str]


@pytest.fixture
def folder(project_root: Path) -> Path:
    return project_root / "docs" / "deployment" / "monitoring"


@pytest.fixture
def metrics(project_root: Path) -> dict[str, Metric]:
    """Returns the series of the server by name: those of a histogram have three names."""
    page = (project_root / "docs" / "metrics.md").read_text(encoding="utf-8")
    found = {"up": Metric(set(_OF_TARGETS), "")}
    for name, labels, text in re.findall(r"^\| `(messenger_\w+)` \| (.*?) \| (.*) \|$", page, re.MULTILINE):
        own = {f"exported_{label}" if label in _OF_TARGETS else label for label in re.findall(r"`(\w+)`", labels)}
        metric = Metric(own | _OF_TARGETS, text)
        if text.startswith("histogram"):
            found |= {f"{name}_{part}": metric for part in ("count", "sum")}
            found[f"{name}_bucket"] = Metric(metric.labels | {"le"}, text)
        else:
            found[name] = metric
    found |= dict.fromkeys(re.findall(r"^\| `(process_\w+)`", page, re.MULTILINE), Metric(set(_OF_TARGETS), ""))
    assert len(found) > 40
    return found


def rules(folder: Path) -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((folder / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard(folder: Path, name: str = "dashboard.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return found


def queries(folder: Path) -> Iterator[Query]:
    for rule in rules(folder):
        yield Query(rule["alert"], rule["expr"], list(rule["annotations"].values()))
    for panel in dashboard(folder)["panels"]:
        for target in panel.get("targets", ()):
            yield Query(panel["title"], target["expr"], [target["legendFormat"]])


def test_alerts_and_dashboards_use_metrics_labels_and_values_that_exist(
    folder: Path, metrics: dict[str, Metric]
) -> None:
    wrong = [problem for query in queries(folder) for problem in list_problems(query, metrics)]
    assert wrong == []


def list_problems(query: Query, metrics: dict[str, Metric]) -> Iterator[str]:
    known: set[str] = set()
    for name, matchers in _SELECTOR.findall(query.expr):
        if name not in metrics:
            yield f"{query.name}: there is no metric {name}"
            continue
        labels, text = metrics[name]
        known |= labels
        for label, pattern in _MATCHER.findall(matchers):
            if label not in labels:
                yield f"{query.name}: {name} has no label {label}"
            for value in pattern.split("|") if label in _FROM_TEXT else ():
                if f"`{value}`" not in text:
                    yield f"{query.name}: the label {label} of {name} is never {value}"
    grouping = {label for group in _GROUPING.findall(query.expr) for label in re.findall(r"\w+", group)}
    shown = {label for text in query.texts for label in _USED_IN_TEXT.findall(text)}
    # Of a sum by labels nothing else is left.
    kept = grouping if " by (" in query.expr else known
    for label in sorted((grouping - known) | (shown - kept)):
        yield f"{query.name}: its result has no label {label}"


def test_a_wrong_name_label_or_value_is_found(metrics: dict[str, Metric]) -> None:
    for expr in (
        "messenger_cups_total",
        'messenger_sends_total{kind="failed"}',
        'messenger_sends_total{outcome="lost"}',
        'sum by (kind) (messenger_sends_total{outcome="failed"})',
        'messenger_jobs_total{job="mail", name="x"}',
    ):
        assert len(list(list_problems(Query("x", expr, []), metrics))) == 1, expr
    lost_by_the_sum = Query("x", "sum by (job) (messenger_sends_total)", ["{{ $labels.outcome }}"])
    assert len(list(list_problems(lost_by_the_sum, metrics))) == 1


@pytest.mark.parametrize("page", ["runbooks.md", "runbooks.ru.md"])
def test_each_alert_has_a_paragraph_of_advice(folder: Path, project_root: Path, page: str) -> None:
    text = (project_root / "docs" / page).read_text(encoding="utf-8")
    assert re.findall(r"^## (Messenger\w+)$", text, re.MULTILINE) == [rule["alert"] for rule in rules(folder)]
    for rule in rules(folder):
        assert rule["annotations"]["runbook"] == f"docs/runbooks.md#{rule['alert'].lower()}"
        assert set(rule["annotations"]) == {"summary", "summary_ru", "runbook"}


@pytest.mark.parametrize("page", ["runbooks.md", "runbooks.ru.md"])
def test_the_commands_of_the_runbooks_exist(project_root: Path, page: str) -> None:
    text = (project_root / "docs" / page).read_text(encoding="utf-8")
    named = [command.split() for command in re.findall(r"`python manage\.py ([^`]+)`", text)]
    assert len(named) > 5
    for first, *rest in named:
        command = get_command(program)
        assert isinstance(command, TyperGroup)
        found = command.commands[first]
        assert not isinstance(found, TyperGroup) or rest[0] in found.commands, first


def test_each_alert_is_tested_with_series(folder: Path, project_root: Path) -> None:
    text = (project_root / "tests" / "acceptance" / "monitoring" / "alerts.yml").read_text(encoding="utf-8")
    assert [rule["alert"] for rule in rules(folder) if f'alertname="{rule["alert"]}"' not in text] == []


def test_both_dashboards_show_the_same(folder: Path) -> None:
    def without_texts(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_texts(part) for key, part in value.items() if key not in {"title", "label", "uid"}}
        return [without_texts(part) for part in value] if isinstance(value, list) else value

    english, russian = (dashboard(folder, name) for name in ("dashboard.json", "dashboard.ru.json"))
    assert without_texts(english) == without_texts(russian)
    assert english["uid"] != russian["uid"]


def test_panels_do_not_overlap(folder: Path) -> None:
    panels = dashboard(folder)["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)
