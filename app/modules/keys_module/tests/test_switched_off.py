"""Without the module nothing of it is left, and its keys open no account that was deactivated meanwhile."""

from app.commands.generated import openapi_text
from app.fastapi_engine.constructor import build_app
from app.modules.bots_module.tests.bots import create_bot
from app.modules.keys_module.tests.keys import create_key, program_of
from app.modules.leaving_module.tests.leaving import leave
from app.settings import Settings
from tests.fakers import FakeClient, ok, problem
from tests.servers import served, without


def test_a_server_without_keys_has_no_trace_of_them_in_its_documents(base_settings: Settings) -> None:
    document = openapi_text(without(base_settings, "keys", "bots"))
    for word in ("/keys", "ApiKey", "API keys", "messages:write", "security.key_created"):
        assert word not in document, word


async def test_keys_of_an_account_that_was_deactivated_while_the_module_was_off_are_refused(
    anna: FakeClient, boris: FakeClient, settings: Settings
) -> None:
    own, bot, other = program_of(anna, await create_key(anna)), await create_bot(anna), await create_bot(boris)
    async with served(build_app(without(settings, "keys", "bots"))) as http:
        await leave(FakeClient(http, headers=anna.headers))
    for program in (own, bot):
        problem(await program.get("/accounts/me"), 401, "unauthenticated")
    ok(await other.get("/accounts/me"))
