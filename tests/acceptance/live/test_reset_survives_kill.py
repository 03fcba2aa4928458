"""A forgotten password is replaced though the server is killed between any two steps of it."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest

from app.modules.recovery_module.tests.links import email_of, tokens_of
from tests.acceptance.live.killed_server import KilledServer, killed_server
from tests.fakers import PASSWORD, FakeClient, FakeSocket, problem

_FORGOT, _RESET = "/accounts/password/forgot", "/accounts/password/reset"
_NEW = "staple of the new house"
_LINK, _NOTICE = "A new password", "Your password was changed"

Forget: TypeAlias = Callable[[KilledServer, FakeClient], Awaitable[None]]
Reset: TypeAlias = Callable[[KilledServer, FakeClient, str], Awaitable[None]]


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KilledServer]:
    async with killed_server(tmp_path_factory.mktemp("logs")) as server:
        yield server


async def forget(server: KilledServer, anna: FakeClient) -> None:
    assert (await anna.post(_FORGOT, {"email": email_of(anna)})).status_code == 202


async def killed_before_the_answer(server: KilledServer, anna: FakeClient) -> None:
    """The user gets no answer, and asks once more."""
    await server.kill_after_commit("job", anna.post(_FORGOT, {"email": email_of(anna)}))
    await server.start()
    await server.until_mails_are_sent()
    await forget(server, anna)


async def killed_after_the_answer(server: KilledServer, anna: FakeClient) -> None:
    server.wire.silence()
    await forget(server, anna)
    server.kill()
    server.wire.speak()
    await server.start()


async def killed_before_the_first_word_to_the_mail_server(server: KilledServer, anna: FakeClient) -> None:
    server.wire.silence()
    await forget(server, anna)
    await server.until_mail_is_being_sent()
    server.kill()
    server.wire.speak()
    await server.start()


async def killed_before_the_mail_is_acknowledged(server: KilledServer, anna: FakeClient) -> None:
    killed = server.killed_by("after_data")
    await forget(server, anna)
    await killed
    await server.start()


async def killed_after_the_mail_is_acknowledged(server: KilledServer, anna: FakeClient) -> None:
    killed = server.killed_by("before_end")
    await forget(server, anna)
    await killed
    await server.start()


async def killed_after_the_mail(server: KilledServer, anna: FakeClient) -> None:
    await forget(server, anna)
    await server.until_mails_are_sent()
    server.kill()
    await server.start()


async def reset(server: KilledServer, anna: FakeClient, token: str) -> None:
    assert (await anna.post(_RESET, {"token": token, "new_password": _NEW})).status_code == 204


async def killed_before_the_others_know(server: KilledServer, anna: FakeClient, token: str) -> None:
    """The user gets no answer and tries again. The link was used, so the new password is the right one."""
    await server.kill_after_commit("recovery_token", anna.post(_RESET, {"token": token, "new_password": _NEW}))
    await server.start()
    problem(await anna.post(_RESET, {"token": token, "new_password": _NEW}), 410, "link_expired")


async def killed_after_the_reset(server: KilledServer, anna: FakeClient, token: str) -> None:
    await reset(server, anna, token)
    server.kill()
    await server.start()


@pytest.mark.parametrize(
    ("forgetting", "resetting", "mails", "copies"),
    [
        (killed_before_the_answer, reset, 2, 1),
        (killed_after_the_answer, reset, 1, 1),
        (killed_before_the_first_word_to_the_mail_server, reset, 1, 1),
        (killed_before_the_mail_is_acknowledged, reset, 1, 2),
        (killed_after_the_mail_is_acknowledged, reset, 1, 2),
        (killed_after_the_mail, reset, 1, 1),
        (forget, killed_before_the_others_know, 1, 1),
        (forget, killed_after_the_reset, 1, 1),
    ],
)
async def test_a_forgotten_password_is_replaced_by_a_server_that_is_killed(
    server: KilledServer, forgetting: Forget, resetting: Reset, mails: int, copies: int
) -> None:
    anna = await FakeClient.sign_up(server.http, "anna")
    phone = await FakeClient(server.other_http, username=anna.username).sign_in()
    await server.until_mails_are_sent()
    server.mailbox.mails.clear()
    async with FakeSocket(phone, server.other.address) as socket:
        await forgetting(server, anna)
        await server.until_mails_are_sent()
        tokens = await tokens_of(server.mailbox, "reset", email_of(anna), mails * copies)
        assert len(set(tokens)) == mails
        await resetting(server, anna, tokens[-1])
        await socket.until(lambda: socket.close_code is not None, 120)
        assert socket.close_code == 4401
    for device in (anna, phone):
        problem(await device.get("/accounts/me"), 401, "unauthenticated")
        problem(await device.post("/accounts/refresh", {"refresh_token": device.refresh_token}), 401, "unauthenticated")
    for http in (server.http, server.other_http):
        device = FakeClient(http, username=anna.username)
        problem(
            await device.post("/accounts/sign-in", {"login": anna.username, "password": PASSWORD}),
            401,
            "unauthenticated",
        )
        await device.sign_in(_NEW)
        for token in tokens:
            problem(await device.post(_RESET, {"token": token, "new_password": PASSWORD}), 410, "link_expired")
    kinds = [event["kind"] for event in await device.own_events()]
    assert kinds.count("security.password_changed") == 1
    # The notice is enqueued after the event.
    await server.until_mail_with(_NOTICE)
    await server.until_mails_are_sent()
    ids = {(mail["Subject"], mail["Message-ID"]) for mail in server.mailbox.mails}
    assert Counter(subject for subject, _ in ids) == {_LINK: mails, _NOTICE: 1}
