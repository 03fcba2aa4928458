"""The identities of an account: linked, listed and removed by its owner."""

import asyncio
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.erasing import erase
from app.modules.mail_module.tests.mailbox import Mailbox
from app.modules.oidc_module.module import module
from app.modules.oidc_module.services import identities
from app.modules.oidc_module.tests.browser import SITE, Browser, refresh
from app.modules.oidc_module.tests.provider import FakeProvider
from app.modules.passkeys_module.tests.authenticator import register
from app.modules.recovery_module.tests.links import NEW_PASSWORD, email_of, reset_password
from app.utils.container import Container
from tests.databases import rows
from tests.fakers import API, FakeClient, eventually, ok, problem
from tests.waiting import until_waiting

PATH = "/accounts/me/identities"


@pytest.fixture(autouse=True)
def without_address(provider: FakeProvider) -> None:
    provider.people = {"anna-1": {"name": "Анна"}, "boris-2": {"name": "Борис"}}


async def link(user: FakeClient, browser: Browser) -> httpx.Response:
    return await user.post(PATH, {"code": await browser.code(), "code_verifier": browser.verifier})


async def make_old(container: Container) -> None:
    """Makes all sessions older than a fresh sign-in."""
    await rows(container, "UPDATE auth_session SET created_at = created_at - interval '11 minutes'")


async def test_an_identity_is_linked_and_signs_in_from_then_on(anna: FakeClient, browser: Browser) -> None:
    identity = ok(await link(anna, browser))
    assert ok(await link(anna, browser))["id"] == identity["id"]
    assert [one["id"] for one in ok(await anna.get(PATH))["items"]] == [identity["id"]]
    assert ok(await (await browser.sign_in()).get("/accounts/me"))["id"] == anna.id
    assert [event["kind"] for event in await anna.own_events()].count("security.identity_linked") == 1


async def test_an_identity_belongs_to_one_account(anna: FakeClient, boris: FakeClient, browser: Browser) -> None:
    ok(await link(anna, browser))
    problem(await link(boris, browser), 409, "conflict")
    assert ok(await boris.get(PATH))["items"] == []


async def test_an_account_has_a_limited_number_of_identities(
    anna: FakeClient, browser: Browser, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identities, "MAX_IDENTITIES", 1)
    ok(await link(anna, browser))
    provider.subject = "boris-2"
    problem(await link(anna, browser), 409, "conflict")
    provider.subject = "anna-1"
    ok(await link(anna, browser))
    assert len(ok(await anna.get(PATH))["items"]) == 1


async def test_an_identity_is_linked_again_while_it_signs_in(
    anna: FakeClient, browser: Browser, server: httpx.AsyncClient, container: Container, connection: Connection
) -> None:
    ok(await link(anna, browser))
    other = Browser(server)
    code = await other.code()
    async with connection.transaction():
        await connection.execute("SELECT FROM stream WHERE id = $1 FOR UPDATE", anna.uuid)
        linked = asyncio.create_task(link(anna, browser))
        await until_waiting(container, 1)
        exchanged = asyncio.create_task(other.exchange(code))
        await until_waiting(container, 2)
    ok(await linked)
    ok(await exchanged)


async def test_an_identity_is_linked_only_with_the_verifier(anna: FakeClient, browser: Browser) -> None:
    body = {"code": await browser.code(), "code_verifier": "a" * 43}
    problem(await anna.post(PATH, body), 401, "unauthenticated")


async def test_linking_and_removing_need_a_fresh_sign_in(
    anna: FakeClient, browser: Browser, container: Container
) -> None:
    identity = ok(await link(anna, browser))
    await make_old(container)
    problem(await link(anna, browser), 401, "reauthentication_required")
    problem(await anna.delete(f"{PATH}/{identity['id']}"), 401, "reauthentication_required")
    ok(await anna.get(PATH))


async def test_a_removed_identity_opens_no_session_and_its_sessions_end(
    anna: FakeClient, browser: Browser, provider: FakeProvider
) -> None:
    identity = ok(await link(anna, browser))
    by_provider = await browser.sign_in()
    assert (await anna.delete(f"{PATH}/{identity['id']}")).status_code == 204
    problem(await by_provider.get("/accounts/me"), 401, "unauthenticated")
    problem(await anna.delete(f"{PATH}/{identity['id']}"), 404, "not_found")
    assert ok(await (await browser.sign_in()).get("/accounts/me"))["id"] != anna.id
    (removed,) = [event for event in await anna.own_events() if event["kind"] == "security.identity_removed"]
    assert removed["data"] == {"identity_id": identity["id"], "provider": "acme", "email": None}


async def test_the_session_that_removes_an_identity_stays(
    anna: FakeClient, browser: Browser, provider: FakeProvider
) -> None:
    identity = ok(await link(anna, browser))
    by_provider = await browser.sign_in()
    assert (await by_provider.delete(f"{PATH}/{identity['id']}")).status_code == 204
    provider.disable("anna-1")
    tokens = {"refresh_token": by_provider.refresh_token}
    ok(await browser.http.post(f"{API}/accounts/refresh", json=tokens))


async def test_the_removal_of_an_identity_gives_a_spent_token_no_more_time(
    anna: FakeClient, browser: Browser, container: Container
) -> None:
    identity = ok(await link(anna, browser))
    by_provider = await browser.sign_in()
    spent = {"refresh_token": by_provider.refresh_token}
    ok(await refresh(by_provider))
    await rows(container, "UPDATE auth_session SET updated_at = updated_at - interval '11 seconds'")
    assert (await by_provider.delete(f"{PATH}/{identity['id']}")).status_code == 204
    problem(await browser.http.post(f"{API}/accounts/refresh", json=spent), 401, "unauthenticated")


async def test_the_last_way_to_sign_in_cannot_be_removed(browser: Browser, provider: FakeProvider) -> None:
    client = await browser.sign_in()
    (first,) = ok(await client.get(PATH))["items"]
    problem(await client.delete(f"{PATH}/{first['id']}"), 409, "conflict")
    provider.subject = "boris-2"
    ok(await link(client, browser))
    assert (await client.delete(f"{PATH}/{first['id']}")).status_code == 204


async def test_a_passkey_is_a_way_to_sign_in_too(browser: Browser) -> None:
    client = await browser.sign_in()
    (identity,) = ok(await client.get(PATH))["items"]
    client.id = ok(await client.get("/accounts/me"))["id"]
    _, passkey_id = await register(client, origin=SITE, rp_id=urlsplit(SITE).hostname)
    assert (await client.delete(f"{PATH}/{identity['id']}")).status_code == 204
    problem(await client.delete(f"/accounts/me/passkeys/{passkey_id}"), 409, "conflict")
    assert len(ok(await client.get("/accounts/me/passkeys"))["items"]) == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE oidc_identity SET issuer = 'https://former.example.org'", 409),
        ("UPDATE oidc_identity SET provider = 'former'", 204),
    ],
)
async def test_an_identity_is_a_way_to_sign_in_while_a_provider_has_its_issuer(
    browser: Browser, container: Container, change: str, status: int
) -> None:
    client = await browser.sign_in()
    client.id = ok(await client.get("/accounts/me"))["id"]
    _, passkey_id = await register(client, origin=SITE, rp_id=urlsplit(SITE).hostname)
    await rows(container, change)
    assert (await client.delete(f"/accounts/me/passkeys/{passkey_id}")).status_code == status


async def test_others_cannot_remove_an_identity(anna: FakeClient, boris: FakeClient, browser: Browser) -> None:
    identity = ok(await link(anna, browser))
    problem(await boris.delete(f"{PATH}/{identity['id']}"), 404, "not_found")
    problem(await anna.delete(f"{PATH}/{uuid4()}"), 404, "not_found")


async def test_a_reset_of_an_unverified_account_removes_identities(
    anna: FakeClient, browser: Browser, mailbox: Mailbox
) -> None:
    ok(await link(anna, browser))
    await reset_password(anna, mailbox, email_of(anna))
    await anna.sign_in(NEW_PASSWORD)
    assert ok(await anna.get(PATH))["items"] == []


async def test_the_owner_gets_a_mail_about_each_change(anna: FakeClient, browser: Browser, mailbox: Mailbox) -> None:
    identity = ok(await link(anna, browser))
    assert (await anna.delete(f"{PATH}/{identity['id']}")).status_code == 204

    async def are_there() -> bool:
        subjects = {mail["Subject"] for mail in mailbox.mails if mail["X-Envelope-To"] == email_of(anna)}
        return subjects >= {
            "A sign-in service was linked",
            "A sign-in service was unlinked",
        }

    await eventually(are_there)


async def test_an_erased_account_leaves_no_identity(
    browser: Browser, container: Container, connection: Connection
) -> None:
    client = await browser.sign_in()
    client.username = ok(await client.get("/accounts/me"))["username"]
    await erase(container, connection, client)
    assert await rows(container, "SELECT FROM oidc_identity") == []


@pytest.mark.usefixtures("erasing_at_once")
async def test_who_was_erased_without_this_module_signs_up_again_after_a_second_erasure(
    anna: FakeClient, browser: Browser, container: Container, connection: Connection
) -> None:
    ok(await link(anna, browser))
    await rows(container, "UPDATE account SET erased_at = now() - interval '2 days' WHERE id = $1", anna.uuid)
    (invariant,) = module.invariants
    assert [row["stream_id"] for row in await rows(container, invariant.find)] == [anna.uuid]
    await erase(container, connection, anna)
    assert await rows(container, invariant.find) == []
    assert ok(await (await browser.sign_in()).get("/accounts/me"))["id"] != anna.id
