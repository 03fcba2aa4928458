"""An authenticator app, written from RFC 4226 and RFC 6238, and the steps of its user."""

import hmac
import struct
from base64 import b32decode
from time import time
from typing import Any

import httpx

from tests.fakers import API, PASSWORD, FakeClient, ok, problem


def code_of(secret: str, step: int) -> str:
    """Returns the code of a number of 30 seconds."""
    digest = hmac.digest(b32decode(secret), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**6:06}"


def code_now(secret: str, later: int = 0) -> str:
    """Returns the code of now, or of `later` times 30 seconds after now."""
    return code_of(secret, int(time()) // 30 + later)


async def set_up(user: FakeClient) -> tuple[str, list[str]]:
    """Gives the user a second factor. Returns the secret and the recovery codes."""
    secret = ok(await user.post("/accounts/me/totp"))["secret"]
    for _ in range(2):
        answer = await user.post("/accounts/me/totp/confirm", {"code": code_now(secret, -1)})
        if answer.status_code == httpx.codes.OK:
            break
        # 30 seconds ended before the server looked at the code.
    return secret, ok(answer)["recovery_codes"]


async def ticket_of(user: FakeClient, password: str = PASSWORD) -> str:
    """Begins a sign-in of a user with a second factor. Returns the ticket."""
    return str((await begin(user, password))["ticket"])


async def begin(user: FakeClient, password: str = PASSWORD) -> dict[str, Any]:
    """Begins a sign-in of a user with a second factor. Returns the answer."""
    answer = await user.http.post(f"{API}/accounts/sign-in", json={"login": user.username, "password": password})
    return problem(answer, 401, "second_factor_required")


async def finish(user: FakeClient, ticket: str, code: str) -> httpx.Response:
    return await user.http.post(f"{API}/accounts/second-factor", json={"ticket": ticket, "code": code})
