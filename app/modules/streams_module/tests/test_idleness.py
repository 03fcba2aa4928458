"""A process knows for a few seconds that a subscriber has nothing to do."""

from collections.abc import Callable

import asyncpg
import pytest

from app.adapters.db.connection import DatabaseConnection
from app.adapters.db.database import BackgroundDatabase
from app.adapters.errors import PoolExhausted
from app.modules.streams_module.services import idleness
from app.modules.streams_module.services.idleness import Idleness
from app.utils.container import Container
from tests.fakers import eventually


class Asking(Idleness):
    """Calls these functions in turn in place of statements, and the last one again."""

    def __init__(self, container: Container, *answers: Callable[[], bool]) -> None:
        super().__init__(container.get(BackgroundDatabase))
        self.answers = list(answers)

    async def is_used(self, connection: DatabaseConnection) -> bool:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer()


def yes() -> bool:
    return True


def no() -> bool:
    return False


async def test_what_is_not_known_is_not_idle(container: Container) -> None:
    asking = Asking(container, no, yes)
    assert not asking.is_idle()
    await asking.refresh()
    assert asking.is_idle()
    await asking.refresh()
    assert not asking.is_idle()


async def test_a_use_is_known_at_once_in_its_own_process(container: Container) -> None:
    asking = Asking(container, no)
    await asking.refresh()
    asking.note_use()
    assert not asking.is_idle()


async def test_an_answer_from_before_a_use_does_not_count(container: Container) -> None:
    def use_meanwhile() -> bool:
        asking.note_use()
        return False

    asking = Asking(container, use_meanwhile, no)
    await asking.refresh()
    assert not asking.is_idle()
    await asking.refresh()
    assert asking.is_idle()


async def test_an_answer_counts_for_a_limited_time(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idleness, "VALID_FOR", 0.0)
    asking = Asking(container, no)
    await asking.refresh()
    assert not asking.is_idle()


@pytest.mark.parametrize("error", [PoolExhausted, asyncpg.OutOfMemoryError])
async def test_a_process_asks_again_after_an_error(
    container: Container, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail() -> bool:
        raise error

    monkeypatch.setattr(idleness, "_EVERY", 0.01)
    asking = Asking(container, fail, no)

    async def is_idle() -> bool:
        return asking.is_idle()

    async with asking.working():
        await eventually(is_idle)
