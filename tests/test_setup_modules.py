"""The choice of the modules that are served: APPLICATION_ENABLED_MODULES, and their dependencies."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.modules.chats_module.extension import ChatPurge
from app.modules.sockets_module.extension import Signal
from app.modules.streams_module.extension import Subscriber
from app.resources.constants import MODULES_DIR
from app.services.http_requests import CorsHeaders
from app.services.rate_limits import RateLimit
from app.utils import manifests, setup_modules
from app.utils.manifests import read_manifest
from app.utils.module import Module, Modules
from app.utils.setup_modules import (
    ModulesError,
    check_modules,
    choose_modules,
    discover_modules,
    read_modules,
    sort_modules,
)

HOUSE = {
    "base": Module(name="base", description=""),
    "people": Module(name="people", description="", depends_on=("base",)),
    "talks": Module(name="talks", description="", depends_on=("base", "people")),
    "quotes": Module(name="quotes", description="", depends_on=("talks",), on_by_default=False),
}


def names(*requested: str) -> list[str]:
    return [module.name for module in choose_modules(HOUSE, requested)]


@pytest.mark.parametrize(
    ("requested", "served"),
    [
        (["BASE"], ["base", "people", "talks"]),
        (["base"], ["base", "people", "talks"]),
        (["BASE", "quotes"], ["base", "people", "talks", "quotes"]),
        (["BASE", "QUOTES_MODULE"], ["base", "people", "talks", "quotes"]),
        (["quotes", "BASE"], ["base", "people", "talks", "quotes"]),
        (["BASE", "-talks"], ["base", "people"]),
        (["-Talks_Module", "BASE"], ["base", "people"]),
        (["people"], ["base", "people"]),
        ([], ["base"]),
    ],
)
def test_modules_are_chosen_by_name_and_follow_their_dependencies(requested: list[str], served: list[str]) -> None:
    assert names(*requested) == served


@pytest.mark.parametrize("requested", [["nonsense"], ["BASE", "-nonsense"], ["BASE", "talk"], ["-"]])
def test_an_unknown_name_is_refused_with_the_known_ones(requested: list[str]) -> None:
    with pytest.raises(ModulesError, match=r"known: base, people, quotes, talks$") as refusal:
        names(*requested)
    assert "\n" not in str(refusal.value)


def test_exclusions_only_are_refused_with_what_was_probably_meant() -> None:
    with pytest.raises(ModulesError, match=r"write BASE,-talks,-quotes$"):
        names("-talks", "-quotes")


def test_a_missing_dependency_is_reported_with_the_module_that_needs_it() -> None:
    with pytest.raises(ModulesError, match="'talks' needs 'people', which is not enabled"):
        names("BASE", "-people")
    with pytest.raises(ModulesError, match="'quotes' needs 'talks', which is not enabled"):
        names("quotes")


def test_a_dependency_cycle_is_reported_in_full() -> None:
    chicken = Module(name="chicken", description="", depends_on=("egg",))
    egg = Module(name="egg", description="", depends_on=("chicken",))
    with pytest.raises(ModulesError, match=r"circularly: (chicken -> egg -> chicken|egg -> chicken -> egg)"):
        choose_modules({"chicken": chicken, "egg": egg}, ["BASE"])


def test_reading_the_manifests_gives_the_same_as_running_them() -> None:
    def chosen_by(modules: dict[str, Module]) -> list[tuple[str, tuple[str, ...], bool, list[object]]]:
        return [
            (
                module.name,
                (*module.depends_on, *module.left_out_with),
                module.on_by_default,
                [each for each in module.contributes if isinstance(each, RateLimit)],
            )
            for module in modules.values()
        ]

    assert chosen_by(read_modules()) == chosen_by(discover_modules())


@pytest.mark.parametrize("manifest", sorted(MODULES_DIR.glob("*/module.py")), ids=lambda manifest: manifest.parent.name)
def test_no_manifest_of_the_project_has_to_be_run(manifest: Path) -> None:
    assert read_manifest(manifest) is not None


_API = """
from typing import Any
from app.modules.jobs_module.extension import Lane
from app.services.rate_limits import RateLimit as Rate
CREATE, OTHER = RateLimit("create_shop", "1/minute", "account"), RateLimit("other", "2/minute", "account")
LIST = RateLimit("list_shops", "3/minute", "account")
RATES = (LIST, RateLimit("buy", "4/minute", "account"))
SLOW = Rate("slow", "5/minute", "account")
COMPUTED = RateLimit("computed", "6/minute", "account", **DETAILS)
ALL = Limits()
def lane() -> Lane: ...
def rates() -> tuple[RateLimit, ...]: ...
def anything() -> Any: ...
"""


@pytest.mark.parametrize(
    ("imports", "contributes", "limits"),
    [
        ("from app.shop_api import LIST, RATES", "(Lane('shop', 1), *RATES)", ["list_shops", "buy"]),
        ("from app.shop_api import LIST, lane", "(LIST, lane())", ["list_shops"]),
        ("from app.shop_api import CREATE", "(CREATE,)", None),
        ("from app.shop_api import LIST, RATES", "(LIST,) + RATES", None),
        ("from app.shop_api import RATES", "tuple(RATES)", None),
        ("from app.shop_api import rates", "rates()", None),
        ("from app.shop_api import RATES", "(*(rate for rate in RATES),)", None),
        ("from app import shop_api", "(shop_api.LIST,)", None),
        ("from .shop_api import LIST", "(LIST,)", None),
        ("from app.shop_api import SLOW", "(SLOW,)", ["slow"]),
        ("from app.shop_api import COMPUTED", "(COMPUTED,)", None),
        ("from app.shop_api import ALL", "(*ALL,)", None),
        ("from app.shop_api import lane", "(*lane(),)", None),
        ("from app.shop_api import anything", "(anything(),)", None),
    ],
)
def test_rate_limits_that_cannot_be_read_need_the_manifest_to_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: str, contributes: str, limits: list[str] | None
) -> None:
    monkeypatch.setattr(manifests, "PROJECT_ROOT", tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "shop_api.py").write_text(_API)
    manifest = tmp_path / "app" / "module.py"
    manifest.write_text(f'{imports}\nmodule = Module(name="shop", description="Things", contributes={contributes})')
    read = read_manifest(manifest)
    assert (read and [limit.name for limit in Modules([read]).contributions(RateLimit)]) == limits


def test_a_manifest_under_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop_module").mkdir()
    manifest = tmp_path / "shop_module" / "module.py"
    monkeypatch.setattr(setup_modules, "MODULES_DIR", tmp_path)
    manifest.write_text('module = Module(name="shop", description="Things", depends_on=("base",))')
    assert list(read_modules()) == ["shop"]
    manifest.write_text('module = Module(name="store", description="Things")')
    with pytest.raises(ModulesError, match=r"shop_module/module.py has the name 'store'"):
        read_modules()


@dataclass(frozen=True)
class Part:
    """An extension point of this test, which belongs to no module."""

    name: str


def test_contributions_are_collected_by_kind_in_the_order_of_modules() -> None:
    first, second, other = Part("first"), Part("second"), ChatPurge("other", purge=_purge)
    house = {
        "base": Module(name="base", description=""),
        "z": Module(name="z", description="", contributes=(first,)),
        "a": Module(name="a", description="", depends_on=("z",), contributes=(second,)),
        "chats": Module(name="chats", description="", contributes=(other,)),
    }
    modules = Modules(choose_modules(house, ["BASE"]))
    assert modules.contributions(Part) == (first, second)
    assert modules.contributions(ChatPurge) == (other,)


def test_a_second_contribution_of_the_same_name_stops_the_start() -> None:
    house = {name: Module(name=name, description="", contributes=(Part("same"),)) for name in ("a", "b")}
    with pytest.raises(ModulesError, match="modules 'a' and 'b' both contribute the Part 'same'"):
        choose_modules(house, ["BASE"])


def test_a_module_that_contributes_the_same_twice_stops_the_start() -> None:
    house = {"a": Module(name="a", description="", contributes=(Part("same"), Part("same")))}
    with pytest.raises(ModulesError, match="module 'a' contributes twice the Part 'same'"):
        choose_modules(house, ["BASE"])


def test_contributions_without_a_name_do_not_exclude_each_other() -> None:
    house = {name: Module(name=name, description="", contributes=(CorsHeaders(read=("ETag",)),)) for name in ("a", "b")}
    assert [module.name for module in choose_modules(house, ["BASE"])] == ["a", "b"]


def test_modules_that_exclude_each_other_have_an_order_all_the_same() -> None:
    house = {
        "host": Module(name="host", description="", depends_on=("absent",)),
        "a": Module(name="a", description="", depends_on=("host",), contributes=(Part("same"),)),
        "b": Module(name="b", description="", depends_on=("a",), contributes=(Part("same"),)),
    }
    assert [module.name for module in sort_modules(house)] == ["host", "a", "b"]


@pytest.mark.parametrize("contribution", ["same", Part])
def test_a_contribution_to_no_extension_point_stops_the_start(contribution: object) -> None:
    house = {"a": Module(name="a", description="", contributes=(contribution,))}
    with pytest.raises(ModulesError, match=r"module 'a' contributes .+ to no extension point"):
        choose_modules(house, ["BASE"])


def test_an_event_that_two_modules_write_is_refused() -> None:
    modules = Modules(Module(name=name, description="", events={"thing.made": BaseModel}) for name in ("a", "b"))
    with pytest.raises(ModulesError, match=r"module 'b' writes 'thing\.made', which is an event of another module"):
        _ = modules.events


@pytest.mark.parametrize("kind", ["*", "note.shown.*", "note*", "*.shown", "note.sh*"])
def test_a_subscriber_of_a_kind_that_no_event_has_is_refused(kind: str) -> None:
    streams = discover_modules()["streams"]
    notes = Module(name="notes", description="", contributes=(Subscriber("notes", ("note.*", kind), _handle),))
    with pytest.raises(ModulesError, match=r"the subscriber 'notes' has the kind '.*\*.*': `\*` may only follow"):
        check_modules(Modules((streams, notes)))


def test_a_contribution_to_a_disabled_module_stops_the_start() -> None:
    house = {
        "chats": Module(name="chats", description=""),
        "files": Module(name="files", description="", contributes=(ChatPurge("files", _purge),)),
    }
    with pytest.raises(ModulesError, match="module 'files' contributes the ChatPurge 'files' to the module 'chats'"):
        choose_modules(house, ["BASE", "-chats"])


def test_a_contribution_to_an_absent_optional_module_is_ignored() -> None:
    house = {
        "sockets": Module(name="sockets", description=""),
        "files": Module(name="files", description="", contributes=(Signal("files", BaseModel),)),
    }
    assert [module.name for module in choose_modules(house, ["BASE", "-sockets"])] == ["files"]


async def _handle(*_: object) -> None:
    pass


async def _purge(*_: object) -> bool:
    return False
