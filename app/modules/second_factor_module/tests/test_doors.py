"""Doors without the old password: none of them passes by the second factor."""

import pytest

from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.tests.conftest import app  # noqa: F401 - the fixture of this file
from app.modules.recovery_module.tests.links import NEW_PASSWORD, email_of, reset_password, verify
from app.modules.second_factor_module.tests.authenticator import begin, code_now, finish, set_up
from tests.fakers import API, PASSWORD, FakeClient, ok, problem


async def test_a_reset_password_opens_nothing_without_the_factor(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    await verify(anna, mailbox)
    secret, codes = await set_up(anna)
    answer = await reset_password(anonymous, mailbox, email_of(anna))
    assert (answer.content, answer.headers.get("set-cookie")) == (b"", None)
    form = {"username": anna.username, "password": NEW_PASSWORD}
    problem(await anna.http.post(f"{API}/accounts/token", data=form), 401, "second_factor_required")
    ticket = (await begin(anna, NEW_PASSWORD))["ticket"]
    problem(await finish(anna, ticket, "000000"), 401, "wrong_code")
    ok(await finish(anna, ticket, code_now(secret)))
    ok(await finish(anna, ticket, codes[0]))


@pytest.mark.parametrize("is_verified_later", [True, False])
async def test_a_factor_from_before_the_address_was_verified_does_not_lock_out_its_owner(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, is_verified_later: bool
) -> None:
    """Another person may have set it up, who has signed up with the address."""
    await set_up(anna)
    if is_verified_later:
        await verify(anna, mailbox)
    await reset_password(anonymous, mailbox, email_of(anna))
    await anna.sign_in(NEW_PASSWORD)
    me = ok(await anna.get("/accounts/me"))
    assert (me["totp_enabled"], me["recovery_codes_left"]) == (False, 0)
    (removed,) = [event for event in await anna.own_events() if event["kind"] == "security.factor_removed"]
    assert removed["data"] == {"factor": "totp"}


async def test_a_deactivated_account_does_not_come_back_without_the_factor(anna: FakeClient, boris: FakeClient) -> None:
    secret, _ = await set_up(anna)
    ok(await anna.post("/accounts/me/deactivate", {"password": PASSWORD, "messages": "keep"}))
    ticket = (await begin(anna))["ticket"]
    problem(await finish(anna, ticket, "000000"), 401, "wrong_code")
    problem(await boris.post("/chats", {"type": "group", "member_ids": [anna.id]}), 403, "forbidden")
    ok(await finish(anna, ticket, code_now(secret)))
    await boris.open_chat(anna)
