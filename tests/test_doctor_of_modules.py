"""`manage.py doctor` with modules on disk that are not enabled."""

import pytest

from app.adapters.db.address import DatabaseAddress
from app.modules.messages_module.extension import MessageView
from app.utils.invariants import Invariant
from app.utils.module import Module
from app.utils.setup_modules import discover_modules
from tests.manage import manage


@pytest.mark.usefixtures("server")
async def test_two_modules_of_which_only_one_can_be_enabled_are_no_finding(
    database_address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    alternatives = {
        name: Module(
            name=name,
            description="",
            depends_on=("messages",),
            contributes=(MessageView("weather", str, empty="", sql="'sun'"),),
            on_by_default=name == "sun",
        )
        for name in ("sun", "sunnier")
    }
    known = discover_modules() | alternatives
    monkeypatch.setattr("app.commands.doctor.discover_modules", lambda: known)
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert result.exit_code == 0, result.output


@pytest.mark.usefixtures("server")
async def test_an_invariant_that_a_module_contributes_is_checked(
    database_address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = "SELECT gen_random_uuid() AS stream_id, 'it has one' AS detail"
    invariant = Invariant(says="the module has no fault", find=find, advice="none")
    known = discover_modules() | {"faulty": Module(name="faulty", description="", contributes=(invariant,))}
    monkeypatch.setattr("app.commands.doctor.discover_modules", lambda: known)
    result = await manage(database_address, "doctor", "--least-free-mb=0")
    assert (result.exit_code, "✗ the module has no fault" in result.output) == (1, True), result.output
