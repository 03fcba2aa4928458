"""One-click unsubscription (RFC 8058)."""

from urllib.parse import urlsplit

import httpx

from app.modules.digests_module.tests.digests import SETTINGS, Digests, write_to
from app.modules.mail_module.tests.mailbox import text_of
from tests.fakers import API, FakeClient, ok, problem


async def path_of_mail(anna: FakeClient, boris: FakeClient, digests: Digests) -> str:
    """Returns the path of the link in a new mail to Anna."""
    await digests.verify(anna)
    await write_to(anna, boris, "Привет")
    await digests.after()
    (mail,) = digests.mails_to(anna)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = mail["List-Unsubscribe"][1:-1]
    assert text_of(mail).rstrip().endswith(link)
    assert link.startswith(f"https://chat.example.org{API}/digests/unsubscribe/")
    return str(urlsplit(link).path)


async def test_a_mail_program_turns_the_mails_off_without_a_sign_in(
    anna: FakeClient, boris: FakeClient, digests: Digests, server: httpx.AsyncClient
) -> None:
    path = await path_of_mail(anna, boris, digests)
    before = ok(await anna.get(SETTINGS))
    for _ in range(2):
        assert (await server.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert ok(await anna.get(SETTINGS)) == before | {"email": "none"}
    events = [event["data"] for event in await anna.own_events() if event["kind"] == "notifications.changed"]
    assert events == [before | {"email": "none"}]
    await write_to(anna, boris, "Ещё")
    await digests.after()
    assert len(digests.mails_to(anna)) == 1
    assert ok(await boris.get(SETTINGS))["email"] == "mentions"


async def test_a_mail_that_waits_is_not_sent_after_the_unsubscription(
    anna: FakeClient, boris: FakeClient, digests: Digests, server: httpx.AsyncClient
) -> None:
    path = await path_of_mail(anna, boris, digests)
    await write_to(anna, boris, "Ещё")
    await digests.hold_back()
    assert (await server.post(path)).is_success
    await digests.let_go()
    assert len(digests.mails_to(anna)) == 1


async def test_opening_the_link_only_asks(
    anna: FakeClient, boris: FakeClient, digests: Digests, server: httpx.AsyncClient
) -> None:
    path = await path_of_mail(anna, boris, digests)
    page = await server.get(path)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "form-action 'self'" in page.headers["content-security-policy"]
    for text in ('<form method="post">', "Unsubscribe", "Отписаться"):
        assert text in page.text
    assert ok(await anna.get(SETTINGS))["email"] == "mentions"


async def test_an_unknown_token_is_answered_like_a_known_one(
    anna: FakeClient, boris: FakeClient, digests: Digests, server: httpx.AsyncClient
) -> None:
    path = await path_of_mail(anna, boris, digests)
    base, _, token = path.rpartition("/")
    # The last two bits of a token are none of its bytes.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    forged = [token[:-1] + letters[letters.index(token[-1]) ^ bit] for bit in (1, 4)]
    known = await server.post(path)
    for unknown in (*forged, token[:-2], "x", "%D0%B0", token + "AA"):
        ok(await anna.put(SETTINGS, {"email": "all"}))
        answer = await server.post(f"{base}/{unknown}")
        assert (answer.status_code, answer.text) == (200, known.text), unknown
        assert ok(await anna.get(SETTINGS))["email"] == "all", unknown


async def test_no_answer_repeats_a_token(server: httpx.AsyncClient) -> None:
    token = "x" * 201
    for method in ("GET", "POST"):
        answer = await server.request(method, f"{API}/digests/unsubscribe/{token}")
        assert problem(answer, 422, "validation_error")["instance"] == f"{API}/digests/unsubscribe/{{token}}"
        assert token not in answer.text
