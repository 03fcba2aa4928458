"""The tables of `make bench` in a terminal of 80 columns and in a file."""

from io import StringIO

import pytest
from rich.console import Console

from tests.performance.measure import Measured
from tests.performance.outcome import Summary
from tests.performance.report import show
from tests.performance.scenario import all_scenarios

NAMES = ("messenger, 8 in flight", "nothing new on one's own stream", "echo")


def _summary(rate: float) -> Summary:
    cpu = {"server": 0.99, "database": 1.34, "load": 0.31}
    return Summary(rate=rate, p50=1044.7, p99=2150.6, cpu=cpu, memory=1029.0, rates=(rate,))


@pytest.fixture
def printed() -> str:
    measured = [
        Measured(scenario, {name: _summary(1_288_400) for name in NAMES}, [(ratio, 2.62) for ratio in scenario.ratios])
        for scenario in all_scenarios()
    ]
    # A file has no width of its own.
    console = Console(file=StringIO(), width=80)
    show(console, measured)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_no_line_is_longer_than_80_columns(printed: str) -> None:
    assert [line for line in printed.splitlines() if len(line) > 80] == []


def test_each_figure_is_in_one_piece_beside_its_name(printed: str) -> None:
    line = next(line for line in printed.splitlines() if line.startswith("echo"))
    assert line.split()[1:] == ["1,288,400", "1044.7", "2150.6", "0.99", "1.34", "0.31", "1", "1029"]


def test_names_and_titles_are_broken_between_words_only(printed: str) -> None:
    words = set(printed.split())
    titles = [
        text for scenario in all_scenarios() for text in (scenario.title, *(ratio.title for ratio in scenario.ratios))
    ]
    for text in (*NAMES, *titles):
        # The comma behind the title of a scenario is the one before its unit.
        missing = {word for word in text.split() if word not in words and f"{word}," not in words}
        assert missing == set(), text
