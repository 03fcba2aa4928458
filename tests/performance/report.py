"""The results as a table and as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.performance.live.figure import Figure
from tests.performance.measure import Measured, Pace
from tests.performance.scenario import Ratio


def machine() -> dict[str, Any]:
    """Describes the machine of the measurement."""
    cpu = Path("/proc/cpuinfo")
    models = (
        [line.split(":")[1].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")]
        if (cpu.exists())
        else [platform.processor()]
    )
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


_NUMBERS = {"rate": 9, "p50 ms": 6, "p99 ms": 6, "server": 6, "DB": 4, "load": 4, "µs": 6, "MB": 4}
"""The columns of figures and their widths. With them a table has 80 columns, as a file and most terminals do."""


def show(console: Console, measured: Sequence[Measured]) -> None:
    console.print("Medians of the rounds. server, DB, load: CPU in cores. µs: CPU of the server each.")
    for result in measured:
        console.print(f"\n{result.scenario.title}, {result.scenario.unit}", markup=False)
        console.print(_results(result))
    console.print("\nRatios to the other contenders")
    console.print(_ratios(measured))


def _results(result: Measured) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0))
    table.add_column("", ratio=1)
    for name, width in _NUMBERS.items():
        table.add_column(name, justify="right", no_wrap=True, min_width=width)
    for name, summary in result.results.items():
        table.add_row(
            name,
            f"{summary.rate:,.0f}",
            *(f"{value:.1f}" if value is not None else "" for value in (summary.p50, summary.p99)),
            *(f"{summary.cpu.get(group, 0):.2f}" for group in ("server", "database", "load")),
            f"{summary.cost:,.0f}" if summary.cpu.get("server") else "",
            f"{summary.memory:.0f}" if summary.memory else "",
        )
    return table


def _ratios(measured: Sequence[Measured]) -> Table:
    table = Table(box=None, expand=True, padding=(0, 1, 0, 0))
    table.add_column("", ratio=1)
    for name in ("measured", "target", "goal", ""):
        table.add_column(name, justify="right", no_wrap=True, min_width=6)
    for result in measured:
        for ratio, value in result.ratios:
            goal = f"{ratio.goal:g}" if ratio.goal is not None else ""
            table.add_row(ratio.title, f"{value:.2f}", target(ratio), goal, verdict(ratio, value))
    return table


def report_figures(where: dict[str, Any], figures: Sequence[Figure], path: Path, **more: object) -> None:
    """Prints the figures beside their limits, and writes them as JSON, with what else is said of the run."""
    table = Table("figure", "measured", "target", "")
    for figure in figures:
        limit = f"≤ {figure.at_most:g}" if figure.at_most is not None else ""
        met = "" if figure.at_most is None else "met" if figure.value <= figure.at_most else "missed"
        table.add_row(figure.title, f"{figure.value:,.2f} {figure.unit}", limit, met)
    Console().print(table)
    write_json({"machine": where, **more, "figures": [asdict(figure) for figure in figures]}, path)


def target(ratio: Ratio) -> str:
    if ratio.at_least is not None:
        return f"≥ {ratio.at_least:g}"
    return f"≤ {ratio.at_most:g}" if ratio.at_most is not None else ""


def verdict(ratio: Ratio, value: float) -> str:
    if ratio.at_least is None and ratio.at_most is None:
        return ""
    return "met" if ratio.is_met(value) else "missed"


def as_json(measured: Sequence[Measured], pace: Pace, where: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "machine": where,
        "rounds": pace.rounds,
        "seconds": pace.seconds,
        "scenarios": [
            {
                "name": result.scenario.name,
                "title": result.scenario.title,
                "unit": result.scenario.unit,
                "results": {
                    name: {
                        "rate": round(summary.rate, 1),
                        "rates": [round(rate, 1) for rate in summary.rates],
                        "p50_ms": summary.p50 and round(summary.p50, 3),
                        "p99_ms": summary.p99 and round(summary.p99, 3),
                        "cpu": {group: round(cores, 3) for group, cores in summary.cpu.items()},
                        "server_cpu_us": round(summary.cost, 1),
                        "memory_mb": round(summary.memory, 1),
                    }
                    for name, summary in result.results.items()
                },
                "ratios": [
                    {
                        "title": ratio.title,
                        "value": round(value, 3),
                        "at_least": ratio.at_least,
                        "at_most": ratio.at_most,
                        "goal": ratio.goal,
                    }
                    for ratio, value in result.ratios
                ],
            }
            for result in measured
        ],
    }


def write_json(data: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
