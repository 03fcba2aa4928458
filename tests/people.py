"""Fixtures: the users of the running server, and their chats."""

import httpx
import pytest

from tests.fakers import FakeClient


@pytest.fixture
async def anna(server: httpx.AsyncClient) -> FakeClient:
    return await FakeClient.sign_up(server, "anna", "Анна")


@pytest.fixture
async def boris(server: httpx.AsyncClient) -> FakeClient:
    return await FakeClient.sign_up(server, "boris", "Борис 🐻")


@pytest.fixture
async def clara(server: httpx.AsyncClient) -> FakeClient:
    return await FakeClient.sign_up(server, "clara", "Clara")


@pytest.fixture
async def stranger(server: httpx.AsyncClient) -> FakeClient:
    """Signed in, but in no chat of the others."""
    return await FakeClient.sign_up(server, "stranger")


@pytest.fixture
def anonymous(server: httpx.AsyncClient) -> FakeClient:
    """Not signed in."""
    return FakeClient(server)


@pytest.fixture
async def club(anna: FakeClient, boris: FakeClient) -> str:
    """The id of a group that Anna owns and Boris is a member of."""
    return await anna.open_chat(boris, title="Книжный клуб")


@pytest.fixture
async def cafe(boris: FakeClient, clara: FakeClient) -> str:
    """The id of a group that Boris owns and Clara is a member of. Anna is not in it."""
    return await boris.open_chat(clara, title="Кафе")
