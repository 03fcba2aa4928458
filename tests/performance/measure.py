"""Runs scenarios in rounds."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from tests.performance.outcome import Outcome, Summary, summarise
from tests.performance.scenario import Contender, Ratio, Scenario
from tests.performance.usage import Meter, memory
from tests.performance.world import World


@dataclass(frozen=True, slots=True)
class Pace:
    """The length of a run: rounds, seconds of each contender in each round, and as many more before the first one."""

    rounds: int
    seconds: float
    warm_up: float = 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """A scenario's medians, and the ratios between them."""

    scenario: Scenario
    results: dict[str, Summary]
    ratios: list[tuple[Ratio, float]]


def measure(
    world: World, scenarios: Sequence[Scenario], pace: Pace, report_progress: Callable[[str, float], None]
) -> list[Measured]:
    """Measures one scenario after the other. `report_progress` receives the current step and the share that is done."""
    measured = []
    for number, scenario in enumerate(scenarios):
        report_progress(f"{scenario.name}: preparing", number / len(scenarios))
        with ExitStack() as stack:
            contenders = scenario.contenders(world, stack)
            for contender in contenders.values():
                contender.run(pace.warm_up)
            outcomes: dict[str, list[Outcome]] = defaultdict(list)
            for round_number in range(pace.rounds):
                # The order alternates, so that no contender always follows one that leaves the caches in a bad state.
                turns = list(contenders.items())[:: -1 if round_number % 2 else 1]
                for place, (name, contender) in enumerate(turns):
                    share = (round_number + place / len(contenders)) / pace.rounds
                    report_progress(
                        f"{scenario.name}: {name}, round {round_number + 1}", (number + share) / len(scenarios)
                    )
                    outcomes[name].append(_run(world, contender, pace.seconds))
        results = {name: summarise(those) for name, those in outcomes.items()}
        ratios = [(ratio, ratio.compute(results)) for ratio in scenario.ratios]
        measured.append(Measured(scenario, results, ratios))
    report_progress("done", 1.0)
    return measured


def _run(world: World, contender: Contender, seconds: float) -> Outcome:
    server = contender.server.family if contender.server else list
    meter = Meter({"server": server, "database": world.postgres_processes, "load": lambda: [psutil.Process()]})
    outcome = contender.run(seconds)
    outcome.cpu = meter.read()
    outcome.memory = memory(server())
    return outcome
