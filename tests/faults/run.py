"""One run: servers, load, faults one after the other, and the final checks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, time
from typing import Any

from app.settings.db_settings import Pooler
from tests.faults.background import repeated
from tests.faults.checker import Verdict, check
from tests.faults.checks.availability import Happened, check_availability
from tests.faults.checks.background import Lag, Period, check_background, check_lags, measure
from tests.faults.checks.files import Files, check_files
from tests.faults.fault import Fault, Scene, Unavailable
from tests.faults.final_checks import finish
from tests.faults.history import History, Mark, read_history
from tests.faults.load.uploader import Uploader
from tests.faults.load.user import User
from tests.faults.load.workload import Size, Workload
from tests.faults.scene.cluster import Cluster, Surroundings
from tests.faults.scene.probe import Probe
from tests.faults.violations import Kind, Violation

ReportProgress = Callable[[str, int, int], None]
"""Called with the current step, the count of acknowledged messages, and the count of faults made."""
_MOVE_PERIOD = 0.4
_BEFORE = 20
"""Messages that are acknowledged before the first fault: it must meet a running load."""
_UNTIL_SERVED = 90.0
_MARGIN, _SETTLES = 1.0, 10.0
"""Seconds before a fault and after it that do not count as quiet."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The parameters of a run. `folder` is for the history, the logs and the database."""

    folder: Path
    faults: Sequence[Fault]
    size: Size
    servers: int
    rate: float
    uploaders: int = 2
    """Users who upload files."""
    messages: int = 0
    seed: int = 0
    times: int | None = None
    """How often each fault is made, if not as often as the fault itself says."""
    is_short: bool = False
    silence: float = 15.0
    """Seconds without a new event after which a device expects no more at the end."""
    program: Sequence[str] = ("main.py",)
    surroundings: Surroundings = field(default_factory=Surroundings)

    def schedule(self) -> list[Fault]:
        """Returns the faults in random order, each as often as it is due."""
        due = [fault for fault in self.faults for _ in range(self.times or fault.times)]
        Random(self.seed).shuffle(due)
        return due


@dataclass
class Broken:
    """The faults that were made."""

    happened: list[Happened] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    wrong: list[Violation] = field(default_factory=list)


@dataclass
class Outcome:
    """The result of a run."""

    verdict: Verdict
    broken: Broken
    probe: Probe
    lags: Sequence[Lag]
    repeated: int
    """Jobs that ran more than once."""
    files: Files
    seconds: float


async def run(plan: Plan, report_progress: ReportProgress) -> Outcome:
    """Run the plan. Raises errors of the harness itself."""
    began = monotonic()
    random = Random(plan.seed)
    report_progress("starting", 0, 0)
    history = History(plan.folder)
    is_wired = any(fault.needs_wires for fault in plan.faults)
    async with Cluster(
        plan.folder, plan.servers, plan.program, is_wired=is_wired, surroundings=plan.surroundings
    ) as cluster:
        workload = Workload(plan.size, cluster.endpoints, history, random)
        await workload.open()
        observer = User("observer", cluster.endpoints, random)
        await observer.sign_up()
        uploader = Uploader(workload, Random(random.random()), plan.uploaders)
        probe = Probe(cluster.servers, observer)
        scene = Scene(cluster, workload, probe, history, random, plan.is_short)
        async with _beside(
            probe.keep_probing(), workload.talk(plan.rate), workload.move(_MOVE_PERIOD), uploader.keep_uploading()
        ):
            await _send_until(_BEFORE, workload, report_progress, 0)
            broken = await _break_things(plan, scene, report_progress)
            done = len(broken.happened)
            await _send_until(plan.messages, workload, report_progress, done)
            report_progress("settling", workload.acknowledged, done)
            await uploader.settle()
            await workload.settle()
        observer.leave()
        report_progress("checking", workload.acknowledged, done)
        files = await check_files(cluster, uploader)
        truth, background, wrong = await finish(scene, plan.silence)
    history.close()
    truth.save(plan.folder)
    verdict = check(read_history(plan.folder), truth)
    lags = measure(background, _periods(broken.happened))
    verdict.violations += [
        *wrong,
        *broken.wrong,
        *files.wrong,
        *check_availability(
            broken.happened,
            probe,
            is_short=plan.is_short,
            is_pooled=plan.surroundings.pooler is not Pooler.NONE,
        ),
    ]
    verdict.violations += [*check_background(background, truth), *check_lags(lags, is_short=plan.is_short)]
    return Outcome(verdict, broken, probe, lags, repeated(background), files, monotonic() - began)


def _periods(happened: Sequence[Happened]) -> list[Period]:
    """Returns the periods of the faults by the wall clock of the servers."""
    since = time() - monotonic()
    return [
        Period(
            since + occurrence.began - _MARGIN,
            since + occurrence.ended + occurrence.recovery + _SETTLES,
            occurrence.fault.kills,
        )
        for occurrence in happened
    ]


async def _send_until(messages: int, workload: Workload, report_progress: ReportProgress, done: int) -> None:
    while workload.acknowledged < messages:
        report_progress("talking", workload.acknowledged, done)
        await asyncio.sleep(0.5)


async def _break_things(plan: Plan, scene: Scene, report_progress: ReportProgress) -> Broken:
    broken = Broken()
    for fault in plan.schedule():
        if fault.name in broken.unavailable:
            continue
        await asyncio.sleep(scene.random.uniform(0.2, 1.0))
        report_progress(fault.title, scene.workload.acknowledged, len(broken.happened))
        scene.history.note(Mark(time(), fault.name))
        began = ended = monotonic()
        try:
            await fault.prepare(scene)
            began = ended = monotonic()
            await fault.happen(scene)
            ended = monotonic()
            async with asyncio.timeout(_UNTIL_SERVED):
                recovery = await scene.probe.until_served(ended)
            broken.happened.append(Happened(fault, began, ended, recovery))
        except Unavailable as why:
            broken.unavailable[fault.name] = str(why)
        except TimeoutError:
            what = "did not end as it should" if ended == began else f"not served again within {_UNTIL_SERVED:.0f} s"
            broken.wrong.append(Violation(Kind.UNAVAILABLE, f"{fault.name}: {what}"))
        scene.history.note(Mark(time(), f"{fault.name} is over"))
    return broken


@asynccontextmanager
async def _beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs the load beside the block and ends it with the block. The first failing task ends both."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        yield
        for task in tasks:
            task.cancel()
