"""The figures as pictures."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

_OURS, _OTHERS, _TARGET = "#2a6fdb", "#b8c0cc", "#d1495b"
mpl.use("Agg")
mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def draw(data: dict[str, Any], path: Path) -> None:
    """Draws the ratios that have a target, relative to it: the target is at 1."""
    ratios = [
        ratio
        for scenario in data["scenarios"]
        for ratio in scenario["ratios"]
        if ratio["at_least"] is not None or ratio["at_most"] is not None
    ]
    if not ratios:
        return
    figure, axes = pyplot.subplots(figsize=(8, 0.7 + 0.5 * len(ratios)), layout="constrained")
    # More is better in all of them: values that have to be small are inverted.
    reached = [
        ratio["value"] / ratio["at_least"] if ratio["at_least"] is not None else ratio["at_most"] / ratio["value"]
        for ratio in ratios
    ]
    bars = axes.barh([ratio["title"] for ratio in ratios], reached, color=_OURS, height=0.6)
    for bar, ratio, value in zip(bars, ratios, reached, strict=True):
        bar.set_color(_OURS if value >= 1 else _OTHERS)
        limit = f"≥ {ratio['at_least']:g}" if ratio["at_least"] is not None else f"≤ {ratio['at_most']:g}"
        axes.text(value, bar.get_y() + 0.3, f"  {ratio['value']:.2f} (target {limit})", va="center")
    axes.axvline(1, color=_TARGET, linewidth=1.5)
    axes.set_xlim(0, max(reached) * 1.35)
    axes.invert_yaxis()
    axes.set_xlabel("ratio to the target")
    where = data["machine"]
    axes.set_title(f"{where['cpu']}, {where['cores']} cores, {data['at'][:10]}", fontsize=8, loc="left", color="#555")
    _save(figure, path)


def draw_growth(data: dict[str, Any], path: Path) -> None:
    """Draws rates over the size of the database, a line for each number of processes."""
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for axes, name, title in zip(panels, ("sends", "histories"), ("sends/s", "pages of history/s"), strict=True):
        for count in sorted({point["processes"] for point in data["points"]}):
            line = [point for point in data["points"] if point["processes"] == count]
            label = f"{count} process" + ("es" if count > 1 else "")
            axes.plot([point["messages"] for point in line], [point[name] for point in line], marker="o", label=label)
        axes.set_xscale("log")
        axes.set_ylim(0, 1.1 * max(point[name] for point in data["points"]))
        axes.set_xlabel("messages in the database")
        axes.set_title(title, loc="left")
        axes.legend(frameon=False)
    where = data["machine"]
    figure.suptitle(f"{where['cpu']}, {where['cores']} cores", fontsize=8, color="#555")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path.with_suffix(".png"), dpi=150)
    pyplot.close(figure)
