"""Lists that are read while they grow: existing items come once and in order, and new items do not disturb that."""

from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakers import API, PASSWORD, FakeClient, ok
from tests.fuzz.effort import effort
from tests.pages import pages

limits = st.integers(1, 4)


@pytest.fixture
async def crowd(server: httpx.AsyncClient) -> list[FakeClient]:
    return [await FakeClient.sign_up(server, "crowd") for _ in range(12)]


@given(size=st.integers(0, 7), limit=limits, steps=st.lists(st.integers(0, 2), max_size=2))
@effort(12)
async def test_members_added_meanwhile_come_last(
    anna: FakeClient, crowd: list[FakeClient], size: int, limit: int, steps: list[int]
) -> None:
    club = await anna.open_chat(*crowd[:size])
    joined = [anna.id, *(user.id for user in crowd[:size])]
    growth, newcomers = iter(steps), iter(crowd[size:])
    seen: list[str] = []
    async for page in pages(anna, f"/chats/{club}/members", limit):
        seen += [member["account_id"] for member in page]
        if len(seen) == len(joined):
            continue
        for _ in range(next(growth, 0)):
            newcomer = next(newcomers)
            ok(await anna.post(f"/chats/{club}/members", {"account_ids": [newcomer.id]}))
            joined.append(newcomer.id)
    assert seen == joined


@given(size=st.integers(0, 7), limit=limits, steps=st.lists(st.booleans(), max_size=3))
@effort(12)
async def test_chats_that_move_to_the_front_meanwhile_are_not_seen_twice(
    server: httpx.AsyncClient, size: int, limit: int, steps: list[bool]
) -> None:
    """A new chat, or a new message in a chat of an earlier page."""
    user = await FakeClient.sign_up(server)
    expected = [await user.open_chat() for _ in range(size)][::-1]
    growth = iter(steps)
    seen: list[str] = []
    async for page in pages(user, "/chats", limit):
        seen += [chat["id"] for chat in page]
        match next(growth, None):
            case True:
                await user.open_chat()
            case False if seen:
                await user.send(seen[0])
    assert seen == expected


@given(
    names=st.lists(st.text("abyz", min_size=1, max_size=3), unique=True, max_size=10),
    late=st.lists(st.integers(0, 2), max_size=3),
    limit=limits,
)
@effort(12)
async def test_accounts_created_meanwhile_come_last(
    server: httpx.AsyncClient, names: list[str], late: list[int], limit: int
) -> None:
    reader = await FakeClient.sign_up(server)
    prefix = f"p{uuid4().hex[:12]}"
    usernames = [f"{prefix}{name}" for name in names]
    newcomers = [[usernames.pop() for _ in range(min(many, len(usernames)))] for many in late]

    async def sign_up(username: str) -> str:
        user = {"email": f"{uuid4()}@example.com", "password": PASSWORD, "username": username}
        return str(ok(await server.post(f"{API}/accounts/sign-up", json=user))["username"])

    expected = [await sign_up(username) for username in usernames]
    growth = iter(newcomers)
    seen: list[str] = []
    async for page in pages(reader, "/accounts", limit, query=prefix):
        seen += [user["username"] for user in page]
        if len(seen) < len(expected):
            new = [await sign_up(username) for username in next(growth, ())]
            # The list is ordered by creation, so they are at its end.
            expected += new
    assert seen == expected
