"""`manage.py doctor` after the erasure of an account on a server without the modules that have rows of it."""

from uuid import UUID

import pytest

from app.adapters.db.address import DatabaseAddress
from app.adapters.db.connection import Connection
from app.modules.accounts_module.extension import AccountHook
from app.modules.accounts_module.tests.erasing import until_done
from app.modules.keys_module.tests.keys import create_key
from app.utils.container import Container
from app.utils.setup_modules import discover_modules
from tests.databases import rows
from tests.fakers import FakeClient, ok
from tests.manage import manage

_LEFT = "nothing of an erased account is left in"
# As by the erasure, before it calls the modules.
_CLOSE = """
UPDATE account SET erased_at = now() - make_interval(days => $2), username = 'deleted-' || replace(id::text, '-', '')
WHERE id = $1
"""


def test_every_module_that_erases_rows_of_accounts_has_doctor_look_for_them() -> None:
    # These are not disabled on a server with accounts that write.
    always = {"accounts", "chats", "messages"}
    for name, module in discover_modules().items():
        if name not in always and any(isinstance(part, AccountHook) for part in module.contributes):
            assert any(invariant.says.startswith(_LEFT) for invariant in module.invariants), name


@pytest.mark.usefixtures("erasing_at_once")
async def test_what_modules_still_have_of_an_erased_account_is_found_and_goes_with_a_second_erasure(
    anna: FakeClient,
    boris: FakeClient,
    club: str,
    container: Container,
    connection: Connection,
    database_address: DatabaseAddress,
) -> None:
    await create_key(anna)
    ok(await boris.put(f"/accounts/me/blocks/{anna.id}"))
    ok(await anna.put(f"/chats/{club}/draft", {"text": "Потом"}))
    await boris.send(club, f"@{anna.username}", text_format="markdown")

    async def doctor() -> str:
        return (await manage(database_address, "doctor", "--least-free-mb=0")).output

    await rows(container, _CLOSE, anna.uuid, 0)
    assert "no problems found" in await doctor()
    await rows(container, _CLOSE, anna.uuid, 2)
    found, name = await doctor(), f"deleted-{UUID(anna.id).hex}"
    for table in ("api_key", "account_block", "draft", "message_mention"):
        assert f"✗ {_LEFT} {table}\n    {anna.id}: {name}\n" in found, found
    assert (await manage(database_address, "account", "erase", name, "--yes")).exit_code == 0
    await until_done(connection)
    assert "no problems found" in await doctor()
