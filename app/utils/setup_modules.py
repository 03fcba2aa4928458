"""Finds the modules and chooses those to serve. The folder `app/modules` is the only list of modules."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

from app.resources.constants import BASE_MODULE, MODULE_SUFFIX, MODULES_DIR
from app.utils.garbage import not_collecting
from app.utils.manifests import read_manifest
from app.utils.module import Module, Modules, ModulesError

__all__ = ["ModulesError", "check_modules", "choose_modules", "discover_modules", "enabled_modules", "read_modules"]

_HOST = re.compile(rf"app\.modules\.(\w+){MODULE_SUFFIX}\.")
"""Matches the name of a Python module that defines an extension point. The group is the host module."""


@not_collecting()
def discover_modules() -> dict[str, Module]:
    """Returns every module on disk by its name, whether it is enabled or not."""
    return _by_name((manifest, _load(manifest)) for manifest in _manifests())


def read_modules() -> dict[str, Module]:
    """Returns the same modules with what `choose_modules` and the settings need: names, settings and rate limits.

    Manifests are parsed and not run, because running them takes a second. One that cannot be read so is run.
    """
    return _by_name((manifest, read_manifest(manifest) or _load(manifest)) for manifest in _manifests())


def _manifests() -> list[Path]:
    return sorted(MODULES_DIR.glob(f"*{MODULE_SUFFIX}/module.py"))


def _load(manifest: Path) -> Module:
    module = import_module(f"app.modules.{manifest.parent.name}.module").module
    assert isinstance(module, Module)  # noqa: S101
    return module


def _by_name(modules: Iterable[tuple[Path, Module]]) -> dict[str, Module]:
    found: dict[str, Module] = {}
    for manifest, module in modules:
        folder = manifest.parent.name
        if f"{module.name}{MODULE_SUFFIX}" != folder:
            raise ModulesError(
                f"app/modules/{folder}/module.py has the name {module.name!r}: it must be the name of the folder"
            )
        found[module.name] = module
    return found


def choose_modules(known: dict[str, Module], enabled: Iterable[str]) -> list[Module]:
    """Returns the modules to serve, each after those that it depends on.

    `enabled` is the value of APPLICATION_ENABLED_MODULES: names in any case, with or without `_module`. `BASE` is all
    modules that are enabled by default; `-name` excludes one. A module that BASE enables is left out with those that
    its manifest names in `left_out_with`. The base module is always served.
    Raises ModulesError for an unknown name, a dependency that is excluded, a cycle, or exclusions only.
    """
    words = list(enabled)
    chosen = {BASE_MODULE} if BASE_MODULE in known else set()
    named: set[str] = set()
    left_out: set[str] = set()
    for word in words:
        name = word.removeprefix("-").strip().lower()
        if not word.startswith("-") and name == BASE_MODULE:
            chosen |= {module.name for module in known.values() if module.on_by_default}
            continue
        name = name.removesuffix(MODULE_SUFFIX)
        if name not in known:
            raise ModulesError(f"APPLICATION_ENABLED_MODULES: there is no module {name!r}; {_known(known)}")
        (left_out if word.startswith("-") else named).add(name)
    if words and all(word.startswith("-") for word in words):
        raise ModulesError(
            f"APPLICATION_ENABLED_MODULES: no module is enabled that could be excluded: write BASE,{','.join(words)}"
        )
    modules = _sort(
        {name: known[name] for name in _without_followers(known, (chosen | named) - left_out, named)}, known
    )
    _check_contributions(modules)
    return modules


def _without_followers(known: dict[str, Module], chosen: set[str], named: set[str]) -> set[str]:
    """Returns the chosen modules without those that BASE leaves out together with others."""
    remaining = set(chosen)
    for module in sort_modules({name: known[name] for name in chosen}):
        if module.name not in named and not remaining.issuperset(module.left_out_with):
            remaining.discard(module.name)
    return remaining


def enabled_modules(enabled: Iterable[str]) -> Modules:
    """Returns those modules on disk that the setting names, as the application has them. Raises ModulesError."""
    return Modules(choose_modules(discover_modules(), enabled))


def check_modules(modules: Modules) -> None:
    """Raises ModulesError if what the modules contribute to each other cannot be served."""
    for module in modules:
        if module.check is not None:
            module.check(modules)


def _sort(chosen: dict[str, Module], known: dict[str, Module]) -> list[Module]:
    for module in chosen.values():
        missing = [name for name in module.depends_on if name not in chosen]
        if missing:
            raise ModulesError(
                f"APPLICATION_ENABLED_MODULES: module {module.name!r} needs {missing[0]!r}, which is not enabled; "
                f"{_known(known)}"
            )
    return sort_modules(chosen)


def sort_modules(modules: dict[str, Module]) -> list[Module]:
    """Returns the modules, each after those of them that it depends on. Raises ModulesError for a cycle."""
    graph = TopologicalSorter(
        {name: sorted(modules.keys() & module.depends_on) for name, module in sorted(modules.items())}
    )
    try:
        return [modules[name] for name in graph.static_order()]
    except CycleError as error:
        cycle: Sequence[str] = error.args[1]
        raise ModulesError(f"modules depend on each other circularly: {' -> '.join(cycle)}") from None


def _check_contributions(modules: Sequence[Module]) -> None:
    """Raises ModulesError for a contribution whose host is not served, and for a second one of the same name.

    A contribution has the name that is its first field, or none.

    If a kind has `optional_host`, its contributions are ignored when the host is not served.
    """
    served = {module.name for module in modules}
    owners: dict[tuple[type, object], str] = {}
    for module in modules:
        for contribution in module.contributes:
            kind = type(contribution)
            if not is_dataclass(kind):
                raise ModulesError(f"module {module.name!r} contributes {contribution!r} to no extension point")
            name = getattr(contribution, fields(kind)[0].name)
            # A schedule has the name of its job.
            name = getattr(name, "name", name)
            host = _HOST.match(kind.__module__)
            if host is not None and host[1] not in served and not getattr(kind, "optional_host", False):
                raise ModulesError(
                    f"APPLICATION_ENABLED_MODULES: module {module.name!r} contributes the {kind.__name__} {name!r} "
                    f"to the module {host[1]!r}, which is not enabled"
                )
            if isinstance(name, str) and (owner := owners.get((kind, name))) is not None:
                both = f"modules {owner!r} and {module.name!r} both contribute"
                twice = f"module {module.name!r} contributes twice"
                raise ModulesError(f"{twice if owner == module.name else both} the {kind.__name__} {name!r}")
            owners[kind, name] = module.name


def _known(known: dict[str, Module]) -> str:
    return f"known: {', '.join(sorted(known))}"
