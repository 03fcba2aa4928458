"""One mailbox has one account, however its address is spelled."""

import unicodedata

import httpx
import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.accounts_module.tests.signing_in import sign_in
from tests.fakers import API, PASSWORD, FakeClient, ok, problem
from tests.manage import manage

SPELLINGS = {
    "vera@bücher.example": (
        "vera@xn--bcher-kva.example",
        "VERA@XN--BCHER-KVA.EXAMPLE",
        unicodedata.normalize("NFD", "vera@bücher.example"),
        "Vera@BÜCHER.example",
        "ｖｅｒａ＠ｂüｃｈｅｒ．ｅｘａｍｐｌｅ",
        "vera@bücher。example",
    ),
    "vérа.ß@example.com": (
        unicodedata.normalize("NFD", "vérа.ß@example.com"),
        "VÉRА.SS@example.com",
        "vérа.ẞ@EXAMPLE.com",
        "vérа.ß@example．com",
    ),
    "почта@пример.рф": ("ПОЧТА@ПРИМЕР.РФ", "почта@xn--e1afmkfd.xn--p1ai"),
}
NONE = (
    "x@" + "a" * 64 + ".example",
    "\ufdfa" * 20 + "@example.com",
    "x@" + "٠" * 250,
    "x@a..b",
)
OTHERS = ("vera@bucher.example", "vera@büchers.example", "vera@xn--bcher-kva.example.com", "verа@bücher.example")


async def _sign_up(server: httpx.AsyncClient, number: int, email: str) -> httpx.Response:
    body = {"email": email, "password": PASSWORD, "username": f"vera{number}"}
    return await server.post(f"{API}/accounts/sign-up", json=body)


@pytest.mark.parametrize("first", SPELLINGS)
async def test_a_mailbox_has_one_account_which_signs_in_by_any_spelling(server: httpx.AsyncClient, first: str) -> None:
    account = ok(await _sign_up(server, 0, first))
    for number, email in enumerate(SPELLINGS[first], 1):
        refusal = problem(await _sign_up(server, number, email), 409, "conflict")
        assert refusal["title"] == "An account with this email already exists", ascii(email)
        for login in (email, f" {email}\n"):
            tokens = ok(await sign_in(server, login))
            headers = {"Authorization": f"Bearer {tokens['access_token']}"}
            assert ok(await server.get(f"{API}/accounts/me", headers=headers))["id"] == account["id"], ascii(login)


@pytest.mark.parametrize("email", NONE)
async def test_an_invalid_email_is_refused_and_finds_no_account(server: httpx.AsyncClient, email: str) -> None:
    problem(await _sign_up(server, 0, email), 422, "validation_error")
    problem(await sign_in(server, email), 401, "unauthenticated")


async def test_similar_addresses_of_other_mailboxes_get_accounts_of_their_own(server: httpx.AsyncClient) -> None:
    for number, email in enumerate(("vera@bücher.example", *OTHERS)):
        ok(await _sign_up(server, number, email))


async def test_a_login_that_only_resembles_the_username_finds_no_account(server: httpx.AsyncClient) -> None:
    vivi = await FakeClient.sign_up(server, "vivi")
    for login in (vivi.username.replace("i", "İ"), vivi.username.replace("i", "ı"), vivi.username.replace("v", "ν")):
        problem(await sign_in(server, login), 401, "unauthenticated")
    for login in (vivi.username.upper(), vivi.username.replace("v", "ｖ"), f"  {vivi.username} "):
        ok(await sign_in(server, login))


async def test_two_old_accounts_of_one_mailbox_both_sign_in(
    anna: FakeClient, boris: FakeClient, sql: Connection
) -> None:
    unicode_form, ascii_form = "post@bücher.example", "post@xn--bcher-kva.example"
    for user, email, copy in ((anna, unicode_form, 0), (boris, ascii_form, 1)):
        await sql.execute(
            "UPDATE account SET email = $2, email_key = $3, email_copy = $4 WHERE id = $1",
            *(user.uuid, email, ascii_form, copy),
        )
    for login, user in ((unicode_form, anna), (ascii_form, boris), (ascii_form.upper(), anna), (boris.username, boris)):
        device = user.another_device()
        tokens = ok(await device.post("/accounts/sign-in", {"login": login, "password": PASSWORD}))
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert ok(await user.http.get(f"{API}/accounts/me", headers=headers))["id"] == user.id, login


async def test_doctor_finds_an_account_without_the_canonical_form_of_its_address_and_a_command_adds_it(
    anna: FakeClient, sql: Connection, database_address: DatabaseAddress
) -> None:
    email = f"{anna.username}@example.com"
    # As an older version signs up during an upgrade.
    await sql.execute("UPDATE account SET email_key = NULL, search_text = '', search_grams = '{}'")
    found = (await manage(database_address, "doctor", "--least-free-mb=0")).output
    assert "✗ every address of an account has its canonical form" in found
    assert f"{anna.id}: {anna.username} cannot sign in by its address" in found
    problem(await anna.post("/accounts/sign-in", {"login": email, "password": PASSWORD}), 401, "unauthenticated")
    done = await manage(database_address, "account", "change-email", anna.username, email)
    assert done.exit_code == 0, done.output
    ok(await anna.post("/accounts/sign-in", {"login": email, "password": PASSWORD}))
    assert "no problems found" in (await manage(database_address, "doctor", "--least-free-mb=0")).output
