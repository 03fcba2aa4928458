"""Blocking and its end."""

from tests.fakers import FakeClient

PATH = "/accounts/me/blocks"


async def block(user: FakeClient, other: FakeClient) -> None:
    assert (await user.put(f"{PATH}/{other.id}")).status_code == 204


async def unblock(user: FakeClient, other: FakeClient) -> None:
    assert (await user.delete(f"{PATH}/{other.id}")).status_code == 204
