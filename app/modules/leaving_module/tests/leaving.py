"""Calls about leaving."""

from typing import Any

from tests.busy import when_not_busy
from tests.fakers import PASSWORD, FakeClient, ok

PATH = "/accounts/me/deactivate"


async def leave(user: FakeClient, messages: str = "keep") -> dict[str, Any]:
    return ok(await when_not_busy(lambda: user.post(PATH, {"password": PASSWORD, "messages": messages})))
