"""Doors without the old password: none of them passes by the second factor."""

import pytest

from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.tests.conftest import app  # noqa: F401 - the fixture of this file
from app.modules.recovery_module.tests.links import email_of, tokens_of, verify
from app.modules.second_factor_module.tests.authenticator import begin, code_now, finish, set_up
from tests.fakers import API, PASSWORD, FakeClient, ok, problem

_NEW = "staple of the new house"


@pytest.mark.parametrize("is_verified", [True, False])
async def test_a_reset_password_opens_nothing_without_the_factor(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, is_verified: bool
) -> None:
    if is_verified:
        await verify(anna, mailbox)
    secret, codes = await set_up(anna)
    assert (await anonymous.post("/accounts/password/forgot", {"email": email_of(anna)})).status_code == 202
    (token,) = await tokens_of(mailbox, "reset", email_of(anna))
    reset = await anonymous.post("/accounts/password/reset", {"token": token, "new_password": _NEW})
    assert (reset.status_code, reset.content, reset.headers.get("set-cookie")) == (204, b"", None)
    form = {"username": anna.username, "password": _NEW}
    problem(await anna.http.post(f"{API}/accounts/token", data=form), 401, "second_factor_required")
    ticket = (await begin(anna, _NEW))["ticket"]
    problem(await finish(anna, ticket, "000000"), 401, "wrong_code")
    ok(await finish(anna, ticket, code_now(secret)))
    ok(await finish(anna, ticket, codes[0]))


async def test_a_deactivated_account_does_not_come_back_without_the_factor(anna: FakeClient, boris: FakeClient) -> None:
    secret, _ = await set_up(anna)
    ok(await anna.post("/accounts/me/deactivate", {"password": PASSWORD, "messages": "keep"}))
    ticket = (await begin(anna))["ticket"]
    problem(await finish(anna, ticket, "000000"), 401, "wrong_code")
    problem(await boris.post("/chats", {"type": "group", "member_ids": [anna.id]}), 403, "forbidden")
    ok(await finish(anna, ticket, code_now(secret)))
    await boris.open_chat(anna)
