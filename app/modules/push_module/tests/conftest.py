from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.modules.push_module.services import following, planning
from app.modules.push_module.tests.devices import Device, PushService, push_service_for
from app.utils.container import Container
from tests.fakers import FakeClient


@pytest.fixture
async def service(container: Container) -> AsyncIterator[PushService]:
    async with push_service_for(container) as service:
        yield service


@pytest.fixture
async def phone(boris: FakeClient, service: PushService) -> Device:
    """A device of Boris that gets notifications."""
    return await Device(service, boris).subscribe()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are notified of a message without a delay."""
    monkeypatch.setattr(following, "DELAY", timedelta(seconds=-1))


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices are notified of a message only after `let_time_pass`."""
    assert planning.DELAY.total_seconds() == 3
    monkeypatch.setattr(following, "DELAY", timedelta(hours=1))
