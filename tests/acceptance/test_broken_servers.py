"""Servers with one deliberate bug each. A short run with the matching fault finds every one of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.embedded.support import open_folder
from tests.faults.fault import all_faults
from tests.faults.load.workload import Size
from tests.faults.run import Plan, run
from tests.faults.violations import Kind

FEW = Size(clients=12, chats=3, members=6, hot_members=10)


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = open_folder()
    yield folder
    shutil.rmtree(folder)


async def found_in(
    folder: Path, program: list[str], *names: str, times: int = 1, silence: float = Plan.silence
) -> set[Kind]:
    """Returns the kinds of violations after these faults, each made so often, under load."""
    faults = [fault for fault in all_faults() if fault.name in names]
    assert len(faults) == len(names)
    plan = Plan(
        folder=folder,
        faults=faults,
        size=FEW,
        servers=2,
        rate=60,
        messages=200,
        times=times,
        is_short=True,
        silence=silence,
        program=program,
    )
    outcome = await run(plan, lambda *_: None)
    return {violation.kind for violation in outcome.verdict.violations}


async def test_sequence_numbers_without_the_lock_are_found(folder: Path) -> None:
    """Two processes write into one chat, and neither prevents the other from taking the same number."""
    found = await found_in(folder, ["-m", "tests.faults.broken", "numbers_without_the_lock"])
    assert found & {Kind.REFUSED, Kind.CHANGED, Kind.DOUBLED, Kind.HOLE}


async def test_an_answer_before_the_commit_is_found(folder: Path) -> None:
    found = await found_in(folder, ["-m", "tests.faults.broken", "ack_before_commit"], "postgres-killed", times=3)
    assert Kind.LOST in found


async def test_delivery_by_notifications_only_is_found(folder: Path) -> None:
    """Clients that were offline at the time never receive the event."""
    program = ["-m", "tests.faults.broken", "notifications_only"]
    found = await found_in(folder, program, "bus-interrupted", "front-resets", silence=5.0)
    assert Kind.HOLE in found
