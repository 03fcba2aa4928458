"""Modules that `BASE` leaves out together with those that they complete."""

import pytest

from app.utils.module import Module
from app.utils.setup_modules import ModulesError, choose_modules, discover_modules

HOUSE = {
    "base": Module(name="base", description=""),
    "bells": Module(name="bells", description="", depends_on=("base",)),
    "chimes": Module(name="chimes", description="", depends_on=("base", "bells"), left_out_with=("bells",)),
    "songs": Module(name="songs", description="", depends_on=("chimes",), left_out_with=("chimes",)),
}


@pytest.mark.parametrize(
    ("requested", "served"),
    [
        (["BASE"], ["base", "bells", "chimes", "songs"]),
        (["BASE", "-bells"], ["base"]),
        (["BASE", "-chimes"], ["base", "bells"]),
        (["BASE", "-songs"], ["base", "bells", "chimes"]),
    ],
)
def test_a_module_is_left_out_with_the_one_that_it_completes(requested: list[str], served: list[str]) -> None:
    assert [module.name for module in choose_modules(HOUSE, requested)] == served


def test_a_module_that_is_named_is_not_left_out() -> None:
    with pytest.raises(ModulesError, match="'chimes' needs 'bells', which is not enabled"):
        choose_modules(HOUSE, ["BASE", "-bells", "chimes"])


@pytest.mark.parametrize("name", ["bots", "notifications"])
def test_modules_that_nothing_needed_in_an_earlier_version_can_still_be_excluded_alone(name: str) -> None:
    assert name not in {module.name for module in choose_modules(discover_modules(), ["BASE", f"-{name}"])}
