"""The report of a run: printed, as JSON and as Markdown."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.faults.checks.availability import Happened, behaviour
from tests.faults.fault import Fault
from tests.faults.run import Outcome, Plan
from tests.faults.violations import Kind

_WIDTH = 120
_COUNTED = {
    "acknowledged": "messages acknowledged",
    "retried": "attempts without an answer",
    "unknown_settled": "messages of unknown outcome settled",
    "delivered": "events delivered",
    "resumed": "connections of devices",
}
_SHOWN = 20
"""Violations that are printed. The JSON has all of them."""


def as_json(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    found = Counter(violation.kind for violation in outcome.verdict.violations)
    return {
        "seed": plan.seed,
        "servers": plan.servers,
        "clients": plan.size.clients,
        "chats": plan.size.chats,
        "messages a second": plan.rate,
        "seconds": round(outcome.seconds),
        **outcome.verdict.counts.__dict__,
        "found": {kind.value: found[kind] for kind in Kind},
        "faults": [_measured(fault, occurrences, outcome) for fault, occurrences in _by_fault(plan.faults, outcome)],
        "background": [lag._asdict() for lag in outcome.lags],
        "jobs that ran more than once": outcome.repeated,
        "files": {key: value for key, value in outcome.files.__dict__.items() if key != "wrong"},
        "unavailable": outcome.broken.unavailable,
        "violations": [f"{kind}: {detail}" for kind, detail in outcome.verdict.violations],
    }


def write_json(data: dict[str, Any], file: Path) -> None:
    file.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2))


def write_markdown(data: dict[str, Any], file: Path) -> None:
    """Write the results as docs/reliability-results.md shows them."""
    found = ", ".join(f"{count} {kind}" for kind, count in data["found"].items())
    lines = [
        f"Seed {data['seed']}, {data['servers']} servers, {data['clients']} people in {data['chats']} chats, up to "
        f"{data['messages a second']:.0f} messages a second, {data['seconds'] / 60:.0f} minutes:",
        "",
        f"- **{found}**",
        *(f"- {data[key]:,} {what}" for key, what in _COUNTED.items()),
        f"- {_files(data)}",
        "",
        "| Fault | Times | Recovery, p50 | max | Slowest 503 | Slowest `/healthcheck/live` |",
        "|---|---:|---:|---:|---:|---:|",
        *(f"| {row['title']} | {row['times']} | {' | '.join(_seconds(row))} |" for row in data["faults"]),
        *(f"| {name} | not tried: {why} | | | | |" for name, why in data["unavailable"].items()),
        "",
        "| Subscriber, or jobs | Handled | Late while quiet, p99 | while processes are killed, p99 | max |",
        "|---|---:|---:|---:|---:|",
        *(f"| {row['name']} | {row['handled']:,} | {' | '.join(_lag(row))} |" for row in data["background"]),
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def show(console: Console, data: dict[str, Any]) -> None:
    table = Table(title="Faults", title_justify="left")
    for column in ("fault", "times", "back, p50 s", "max s", "slowest 503", "alive"):
        table.add_column(column, justify="left" if column == "fault" else "right")
    for row in data["faults"]:
        table.add_row(row["title"], str(row["times"]), *_seconds(row))
    for name, why in data["unavailable"].items():
        table.add_row(f"{name}: {why}", "0")
    console.width = max(console.width, _WIDTH)
    console.print(table)
    console.print(", ".join(f"{data[key]:,} {what}" for key, what in _COUNTED.items()))
    console.print(_files(data))
    console.print(_background_table(data))
    console.print(f"{data['jobs that ran more than once']} jobs ran more than once")
    console.print(f"in {data['seconds']} s, seed {data['seed']}:")
    console.print(", ".join(f"{count} {kind}" for kind, count in data["found"].items()))
    for violation in data["violations"][:_SHOWN]:
        console.print(f"[red]✗[/] {escape(violation)}")
    if len(data["violations"]) > _SHOWN:
        console.print(f"and {len(data['violations']) - _SHOWN} more")


def _files(data: dict[str, Any]) -> str:
    files = data["files"]
    return (
        f"{files['uploaded']:,} files uploaded, {files['refused']:,} requests of uploads answered 503, "
        f"{files['orphans']:,} objects of interrupted requests left for the daily sweep"
    )


def _background_table(data: dict[str, Any]) -> Table:
    table = Table(title="Subscribers and jobs: how late", title_justify="left")
    for column in ("name", "handled", "quiet, p99 s", "while processes are killed, p99 s", "max s"):
        table.add_column(column, justify="left" if column == "name" else "right")
    for row in data["background"]:
        table.add_row(row["name"], f"{row['handled']:,}", *_lag(row))
    return table


def _lag(row: dict[str, Any]) -> list[str]:
    values = (row[key] for key in ("quiet", "after_a_kill", "longest"))
    return ["few" if value is None else f"{value:.2f} s" for value in values]


def _seconds(row: dict[str, Any]) -> list[str]:
    values = (row[key] for key in ("recovery_p50", "recovery_max", "slowest_503", "slowest_live"))
    return [f"{value:.2f} s" if value else "" for value in values]


def _measured(fault: Fault, happened: Sequence[Happened], outcome: Outcome) -> dict[str, Any]:
    recoveries = [occurrence.recovery for occurrence in happened]
    slowest = behaviour(happened, outcome.probe)
    return {
        "name": fault.name,
        "title": fault.title,
        "times": len(happened),
        "recovery_p50": median(recoveries),
        "recovery_max": max(recoveries),
        "slowest_503": slowest.refusal,
        "slowest_live": slowest.live,
    }


def _by_fault(faults: Sequence[Fault], outcome: Outcome) -> Iterator[tuple[Fault, list[Happened]]]:
    for fault in faults:
        if occurrences := [occurrence for occurrence in outcome.broken.happened if occurrence.fault is fault]:
            yield fault, occurrences
