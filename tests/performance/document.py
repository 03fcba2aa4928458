"""`python -m tests.performance.document`: writes the latest figures into docs/performance.md."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from app.settings import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "performance.md"
_PICTURES = PROJECT_ROOT / "docs" / "images"
_RESULTS = PROJECT_ROOT / ".data" / "results"

Lines = Iterator[str]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Lines:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _number(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _target(ratio: Mapping[str, Any]) -> tuple[str, str]:
    """Returns the target of a ratio, and "yes" or "no": is it reached?"""
    goal = f", goal {ratio['goal']:g}" if ratio["goal"] else ""
    if ratio["at_least"] is not None:
        return f"≥ {ratio['at_least']:g}{goal}", "met" if ratio["value"] >= ratio["at_least"] else "**missed**"
    if ratio["at_most"] is not None:
        return f"≤ {ratio['at_most']:g}{goal}", "met" if ratio["value"] <= ratio["at_most"] else "**missed**"
    return "", ""


def _machine(data: Mapping[str, Any]) -> str:
    where = data["machine"]
    return (
        f"{where['cpu']}, {where['cores']} cores, {where['memory_gb']} GB, {where['system']}, "
        f"Python {where['python']}; load before the run {where['load_before']:.1f}"
    )


def ratios(data: Mapping[str, Any]) -> Lines:
    yield f"{data['at'][:10]} · {data['rounds']} rounds of {data['seconds']:g} s · {_machine(data)}"
    yield ""
    yield from _table(
        ("ratio", "measured", "target", ""),
        [
            (ratio["title"], f"**{ratio['value']:.2f}**", *_target(ratio))
            for scenario in data["scenarios"]
            for ratio in scenario["ratios"]
        ],
    )


def bench(data: Mapping[str, Any]) -> Lines:
    yield from ratios(data)
    yield ""
    rows = [
        (
            scenario["title"] if place == 0 else "",
            name,
            f"{result['rate']:,.0f} {scenario['unit']}",
            _number(result["p50_ms"]),
            _number(result["p99_ms"]),
            *(_number(result["cpu"].get(group), 2) for group in ("server", "database", "load")),
            _number(result["memory_mb"] or None, 0),
        )
        for scenario in data["scenarios"]
        for place, (name, result) in enumerate(scenario["results"].items())
    ]
    yield from _table(("scenario", "", "rate", "p50 ms", "p99 ms", "server", "database", "load", "MB"), rows)


def growth(data: Mapping[str, Any]) -> Lines:
    yield _machine(data)
    yield ""
    yield from _table(
        ("messages", "processes", "sends/s", "p50 ms", "pages of history/s", "p50 ms"),
        [
            (
                f"{point['messages']:,}",
                str(point["processes"]),
                _number(point["sends"], 0),
                _number(point["send_p50_ms"]),
                _number(point["histories"], 0),
                _number(point["history_p50_ms"]),
            )
            for point in data["points"]
        ],
    )


def memory(data: Mapping[str, Any]) -> Lines:
    yield from _table(
        ("sends", "memory of the process, MB"),
        [(f"{point['sends']:,}", f"{point['memory_mb']:.0f}") for point in data["points"]],
    )


def figures(data: Mapping[str, Any]) -> Lines:
    yield _machine(data)
    yield ""
    yield from _table(
        ("figure", "measured", "target"),
        [
            (
                figure["title"],
                f"{figure['value']:,.1f} {figure['unit']}",
                f"≤ {figure['at_most']:g}" if figure["at_most"] is not None else "",
            )
            for figure in data["figures"]
        ],
    )


def profile(data: Mapping[str, Any]) -> Lines:
    yield from _table(
        ("where the process' time goes", "REST send, %", "WebSocket send, %"),
        [(row["where"], f"{row['rest']:.0f}", f"{row['websocket']:.0f}") for row in data["rows"]],
    )


_PARTS: Mapping[str, Callable[[Mapping[str, Any]], Lines]] = {
    "bench": bench,
    "bench_worker": ratios,
    "growth": growth,
    "memory": memory,
    "live": figures,
    "background": figures,
    "against": figures,
    "against_worker": figures,
    "search": figures,
    "search_sends": figures,
    "upload": figures,
    "waiting": figures,
    "profile": profile,
}


def put(page: str, name: str, lines: Iterator[str]) -> str:
    """Returns the page with the part between its two marks replaced."""
    begin, end = f"<!-- {name}: written by `make bench-document` -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page has no place for {name}")
    text = "\n".join(lines)
    return pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", page)


def document(results: Annotated[Path, typer.Option(help="Folder of the JSON and the pictures.")] = _RESULTS) -> None:
    """Write all available results into the page, and copy the pictures beside it."""
    page = PAGE.read_text(encoding="utf-8")
    for name, render in _PARTS.items():
        file = results / f"{name}.json"
        if file.exists():
            page = put(page, name, render(json.loads(file.read_text(encoding="utf-8"))))
    PAGE.write_text(page, encoding="utf-8")
    for picture in results.glob("*.png"):
        shutil.copyfile(picture, _PICTURES / picture.name)


if __name__ == "__main__":
    typer.run(document)
