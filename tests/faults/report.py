"""What came of a run, for eyes and for programs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.faults.checks.away import Happened, behaviour
from tests.faults.fault import Fault
from tests.faults.run import Outcome, Plan
from tests.faults.violations import Kind

_WIDTH = 110
_SHOWN = 20
"""Violations that are printed; the JSON has them all."""


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
        "faults": [
            _measured(fault, those, outcome) for fault, those in _by_fault(plan.faults, outcome.broken.happened)
        ],
        "unavailable": outcome.broken.unavailable,
        "violations": [f"{kind}: {detail}" for kind, detail in outcome.verdict.violations],
    }


def write_json(data: dict[str, Any], file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2))


def show(console: Console, data: dict[str, Any]) -> None:
    table = Table(title="Faults", title_justify="left")
    for column in ("fault", "times", "back, p50 s", "max s", "slowest 503", "alive"):
        table.add_column(column, justify="left" if column == "fault" else "right")
    for row in data["faults"]:
        numbers = (f"{row[key]:.2f}" for key in ("recovery_p50", "recovery_max", "slowest_503", "slowest_live"))
        table.add_row(row["title"], str(row["times"]), *numbers)
    for name, why in data["unavailable"].items():
        table.add_row(f"{name}: {why}", "0")
    console.print(table, width=max(console.width, _WIDTH))
    console.print(
        f"{data['acknowledged']:,} messages acknowledged in {data['seconds']} s, {data['retried']:,} attempts without "
        f"an answer, {data['unknown_settled']:,} unknown outcomes settled; {data['delivered']:,} events delivered, "
        f"{data['resumed']:,} resumes; seed {data['seed']}"
    )
    console.print(", ".join(f"{count} {kind}" for kind, count in data["found"].items()))
    for violation in data["violations"][:_SHOWN]:
        console.print(f"[red]✗[/] {escape(violation)}")
    if len(data["violations"]) > _SHOWN:
        console.print(f"and {len(data['violations']) - _SHOWN} more")


def _measured(fault: Fault, happened: Sequence[Happened], outcome: Outcome) -> dict[str, Any]:
    recoveries = [one.recovery for one in happened]
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
        if those := [one for one in outcome.broken.happened if one.fault is fault]:
            yield fault, those
