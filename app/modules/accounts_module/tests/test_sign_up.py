"""Sign-up: which names, emails and passwords are accepted."""

from functools import partial
from typing import Any

import httpx

from tests.busy import at_once
from tests.fakers import API, PASSWORD, FakeClient, ok, problem


def _body(username: str = "vera", **fields: Any) -> dict[str, Any]:
    return {"email": f"{username}@example.com", "password": PASSWORD, "username": username} | fields


async def _sign_up(server: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await server.post(f"{API}/accounts/sign-up", json=body)


async def test_a_new_account_is_returned_as_it_was_created(server: httpx.AsyncClient) -> None:
    response = await _sign_up(server, _body("vera.k_7", display_name="  Вера 🦊 王  "))
    assert response.status_code == 201
    account = response.json()
    assert set(account) == {"id", "email", "username", "display_name", "created_at"}
    assert account["display_name"] == "Вера 🦊 王"
    assert account["created_at"].endswith("Z")
    unnamed = ok(await _sign_up(server, _body("nemo")))
    assert unnamed["display_name"] == "nemo"


async def test_a_username_is_stored_in_lower_case_and_taken_in_any_case(server: httpx.AsyncClient) -> None:
    account = ok(await _sign_up(server, _body("VeRa", email="one@example.com")))
    assert account["username"] == "vera"
    refusal = problem(await _sign_up(server, _body("vErA", email="two@example.com")), 409, "conflict")
    assert refusal["title"] == "This username is taken"


async def test_an_email_is_stored_as_given_and_taken_in_any_case(server: httpx.AsyncClient) -> None:
    account = ok(await _sign_up(server, _body("vera", email="Vera@Example.com")))
    assert account["email"].lower() == "vera@example.com"
    refusal = problem(await _sign_up(server, _body("other", email="vERA@exAmple.com")), 409, "conflict")
    assert refusal["title"] == "An account with this email already exists"


async def test_an_email_may_have_a_local_domain(server: httpx.AsyncClient) -> None:
    for number, domain in enumerate(("office.local", "example.test", "localhost", "intranet", "пример.рф")):
        ok(await _sign_up(server, _body(f"vera{number}", email=f"vera@{domain}")))


async def test_one_of_two_concurrent_sign_ups_with_the_same_name_succeeds(server: httpx.AsyncClient) -> None:
    names = [_body("vera", email=f"{number}@example.com") for number in range(4)]
    by_name = await at_once(*(partial(_sign_up, server, body) for body in names))
    assert sorted(answer.status_code for answer in by_name) == [201, 409, 409, 409]
    emails = [_body(f"eve{number}", email="Eve@Example.com") for number in range(4)]
    by_email = await at_once(*(partial(_sign_up, server, body) for body in emails))
    assert sorted(answer.status_code for answer in by_email) == [201, 409, 409, 409]
    for answer in by_name + by_email:
        if answer.status_code == 409:
            problem(answer, 409, "conflict")


async def test_a_refused_sign_up_reserves_nothing(server: httpx.AsyncClient) -> None:
    ok(await _sign_up(server, _body("vera")))
    problem(await _sign_up(server, _body("vera", email="free@example.com")), 409, "conflict")
    ok(await _sign_up(server, _body("free", email="free@example.com")))


async def test_an_invalid_name_email_or_password_is_refused_with_its_location(server: httpx.AsyncClient) -> None:
    wrong: list[tuple[str, Any]] = [
        *(
            ("username", name)
            for name in ("ab", "a" * 33, "вера", "vera k", "vera-k", "", "ve\x00ra", "vera\n", "\u212aelvin", 5, None)
        ),
        *(
            ("email", email)
            for email in ("vera", "@example.com", "vera@", "a b@example.com", "vera@x\x00.com", 5, None)
        ),
        *(("password", password) for password in ("1234567", "x" * 257, "", "12345678\x00", 12345678, None)),
        *(("display_name", name) for name in ("", "   ", "x" * 65, "Ве\x00ра", 5)),
    ]
    for field, value in wrong:
        refusal = problem(await _sign_up(server, _body() | {field: value}), 422, "validation_error")
        assert [error["loc"] for error in refusal["errors"]] == [["body", field]], (field, value)
        assert PASSWORD not in str(refusal)
    bodies: list[Any] = [_body(is_admin=True), {}, [], "vera", 5]
    for body in bodies:
        problem(await _sign_up(server, body), 422, "validation_error")
    ok(await _sign_up(server, _body()))


async def test_an_account_stream_is_created_with_the_account(anna: FakeClient) -> None:
    page = ok(await anna.get("/accounts/me/events"))
    assert [event["kind"] for event in page["items"]] == ["security.signed_in"]
    assert page["last_seq"] == ok(await anna.get("/accounts/me"))["event_seq"] == 1
