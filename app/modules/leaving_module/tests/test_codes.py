"""An account with a second factor may be deactivated with one of its codes."""

import pytest

from app.adapters.db.connection import Connection
from app.fastapi_engine.constructor import build_app
from app.modules.second_factor_module.tests.authenticator import code_now, set_up
from app.settings import Settings
from tests.fakers import PASSWORD, FakeClient, ok, problem
from tests.servers import served, without

PATH = "/accounts/me/deactivate"


@pytest.fixture
async def codes(anna: FakeClient, connection: Connection) -> tuple[str, str]:
    """Gives Anna a second factor, and an old session. Returns a code of the app, and a recovery code."""
    secret, recovery_codes = await set_up(anna)
    await connection.execute("UPDATE auth_session SET created_at = now() - interval '11 minutes'")
    return code_now(secret), recovery_codes[0]


@pytest.mark.parametrize("which", [0, 1])
async def test_a_code_is_enough_in_an_old_session(anna: FakeClient, codes: tuple[str, str], which: int) -> None:
    problem(await anna.post(PATH, {"messages": "keep"}), 401, "reauthentication_required")
    assert "erase_at" in ok(await anna.post(PATH, {"code": codes[which], "messages": "keep"}))
    problem(await anna.get("/accounts/me"), 401, "unauthenticated")


async def test_a_wrong_code_is_refused_and_counted(
    anna: FakeClient, codes: tuple[str, str], connection: Connection
) -> None:
    code, _ = codes
    wrong = {"code": f"{(int(code) + 1) % 10**6:06}", "messages": "keep"}
    problem(await anna.post(PATH, wrong), 403, "forbidden")
    problem(await anna.post(PATH, wrong | {"password": PASSWORD}), 403, "forbidden")
    assert await connection.fetchval("SELECT sum(count) FROM wrong_codes WHERE account_id = $1", anna.uuid) == 2
    problem(await anna.post(PATH, {"code": code, "password": "guessed", "messages": "keep"}), 403, "forbidden")
    ok(await anna.post(PATH, {"code": code, "password": PASSWORD, "messages": "keep"}))


async def test_an_account_without_a_second_factor_has_no_right_code(anna: FakeClient) -> None:
    problem(await anna.post(PATH, {"code": "000000", "messages": "keep"}), 403, "forbidden")
    ok(await anna.get("/accounts/me"))


async def test_a_server_without_second_factors_refuses_codes(settings: Settings) -> None:
    async with served(build_app(without(settings, "second_factor"))) as http:
        anna = await FakeClient.sign_up(http, "anna")
        problem(await anna.post(PATH, {"code": "000000", "messages": "keep"}), 422, "validation_error")
