"""A forgotten password is replaced by way of the mailbox."""

from functools import partial

import orjson

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.recovery_module.tests.links import email_of, tokens_of, until_no_jobs
from app.settings import Settings
from tests.busy import at_once
from tests.fakers import PASSWORD, FakeClient, ok, problem
from tests.rates import limited
from tests.servers import served, without

_FORGOT, _RESET = "/accounts/password/forgot", "/accounts/password/reset"
_NEW = "staple of the new house"


async def test_a_forgotten_password_is_replaced_and_all_sessions_end(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    phone = await anna.another_device().sign_in()
    # The mail goes to the stored address, however the address is spelled.
    assert (await anonymous.post(_FORGOT, {"email": email_of(anna).upper()})).status_code == 202
    (token,) = await tokens_of(mailbox, "reset", email_of(anna))
    assert (await anonymous.post(_RESET, {"token": token, "new_password": _NEW})).status_code == 204
    for device in (anna, phone):
        problem(await device.get("/accounts/me"), 401, "unauthenticated")
        problem(await device.post("/accounts/refresh", {"refresh_token": device.refresh_token}), 401, "unauthenticated")
    old = {"login": anna.username, "password": PASSWORD}
    problem(await anonymous.post("/accounts/sign-in", old), 401, "unauthenticated")
    await anna.sign_in(_NEW)
    # The mail has arrived, so the address is verified.
    assert ok(await anna.get("/accounts/me"))["email_verified"] is True


async def test_a_known_and_an_unknown_address_get_the_same_answer_after_the_same_work(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await until_no_jobs(connection)
    answers = [await anonymous.post(_FORGOT, {"email": one}) for one in (email_of(anna), "unknown@example.com")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
    await until_no_jobs(connection)
    assert "unknown@example.com" not in [mail["X-Envelope-To"] for mail in mailbox.mails]
    assert not await connection.fetchval("SELECT count(*) FROM job WHERE state = 'dead'")
    await tokens_of(mailbox, "reset", email_of(anna))


async def test_of_two_that_use_a_token_at_once_one_sets_the_password(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    await anonymous.post(_FORGOT, {"email": email_of(anna)})
    (token,) = await tokens_of(mailbox, "reset", email_of(anna))
    passwords = [f"staple of house {number}" for number in range(5)]
    answers = await at_once(
        *(partial(anonymous.post, _RESET, {"token": token, "new_password": password}) for password in passwords)
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [410] * 4
    (accepted,) = (password for answer, password in zip(answers, passwords, strict=True) if answer.status_code == 204)
    await anna.sign_in(accepted)


async def test_a_weak_password_is_refused_and_the_token_stays_valid(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    await anonymous.post(_FORGOT, {"email": email_of(anna)})
    (token,) = await tokens_of(mailbox, "reset", email_of(anna))
    for weak in ("short", "password1", email_of(anna)):
        refused = problem(await anonymous.post(_RESET, {"token": token, "new_password": weak}), 422, "validation_error")
        assert refused["errors"][0]["loc"] == ["body", "new_password"]
    assert (await anonymous.post(_RESET, {"token": token, "new_password": _NEW})).status_code == 204


async def test_a_reset_makes_the_other_links_useless(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    for count in (1, 2):
        await anonymous.post(_FORGOT, {"email": email_of(anna)})
        await tokens_of(mailbox, "reset", email_of(anna), count)
    first, second = await tokens_of(mailbox, "reset", email_of(anna), 2)
    assert (await anonymous.post(_RESET, {"token": second, "new_password": _NEW})).status_code == 204
    problem(await anonymous.post(_RESET, {"token": first, "new_password": PASSWORD}), 410, "link_expired")
    problem(await anonymous.post(_RESET, {"token": second, "new_password": PASSWORD}), 410, "link_expired")


async def test_a_mailbox_has_at_most_three_valid_links(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    for _ in range(5):
        await anonymous.post(_FORGOT, {"email": email_of(anna)})
        await until_no_jobs(connection)
    await tokens_of(mailbox, "reset", email_of(anna), 3)
    await connection.execute("UPDATE recovery_token SET expires_at = now()")
    await anonymous.post(_FORGOT, {"email": email_of(anna)})
    await tokens_of(mailbox, "reset", email_of(anna), 4)


async def test_a_link_is_useless_after_the_address_has_changed(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox
) -> None:
    await anonymous.post(_FORGOT, {"email": email_of(anna)})
    (reset,) = await tokens_of(mailbox, "reset", email_of(anna))
    ok(await anna.patch("/accounts/me", {"email": "new@example.com"}))
    (confirm,) = await tokens_of(mailbox, "confirm", "new@example.com")
    assert (await anonymous.post("/accounts/email/confirm", {"token": confirm})).status_code == 204
    problem(await anonymous.post(_RESET, {"token": reset, "new_password": _NEW}), 410, "link_expired")


async def test_links_to_the_former_address_do_not_count_for_the_new_one(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    for _ in range(3):
        await anonymous.post(_FORGOT, {"email": email_of(anna)})
        await until_no_jobs(connection)
    ok(await anna.patch("/accounts/me", {"email": "new@example.com"}))
    (confirm,) = await tokens_of(mailbox, "confirm", "new@example.com")
    assert (await anonymous.post("/accounts/email/confirm", {"token": confirm})).status_code == 204
    await anonymous.post(_FORGOT, {"email": "new@example.com"})
    (reset,) = await tokens_of(mailbox, "reset", "new@example.com")
    assert (await anonymous.post(_RESET, {"token": reset, "new_password": _NEW})).status_code == 204


async def test_a_mail_server_that_is_busy_gets_the_same_mail_later(
    anna: FakeClient, anonymous: FakeClient, mailbox: Mailbox, connection: Connection
) -> None:
    await until_no_jobs(connection)
    mailbox.answers = ["451 later"]
    await anonymous.post(_FORGOT, {"email": email_of(anna)})
    (token,) = await tokens_of(mailbox, "reset", email_of(anna))
    assert mailbox.offered == len(mailbox.mails) + 1
    assert await connection.fetchval("SELECT count(*) FROM recovery_token WHERE purpose = 'reset'") == 1
    assert (await anonymous.post(_RESET, {"token": token, "new_password": _NEW})).status_code == 204


async def test_each_of_the_routes_has_a_limit(settings: Settings) -> None:
    async with served(build_app(limited(settings))) as http:
        guest = FakeClient(http)
        for path, body, count in (
            (_FORGOT, {"email": "unknown@example.com"}, 20),
            (_RESET, {"token": "x", "new_password": _NEW}, 60),
        ):
            answers = [(await guest.post(path, body)).status_code for _ in range(count + 1)]
            assert answers.index(429) == count
        anna = await FakeClient.sign_up(http, "anna")
        answers = [(await anna.post("/accounts/email/verify")).status_code for _ in range(11)]
        assert answers == [202] * 10 + [429]
        problem(await anna.patch("/accounts/me", {"email": "new@example.com"}), 429, "rate_limited")


async def test_without_the_module_nothing_of_it_is_there(settings: Settings) -> None:
    async with served(build_app(without(settings, "recovery"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        problem(await anna.post(_FORGOT, {"email": email_of(anna)}), 404, "not_found")
        problem(await anna.patch("/accounts/me", {"email": "new@example.com"}), 422, "validation_error")
        document = orjson.dumps((await http.get("/openapi.json")).json()).decode()
    for word in ("/accounts/password/forgot", "link_expired", "email_verified", "pending_email"):
        assert word not in document, word
