"""Which modules there are, and which are served. The folder `app/modules` is the only list."""

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib import import_module

from app.resources.constants import BASE_MODULE, MODULE_SUFFIX, MODULES_DIR
from app.utils.module import Module


class ModulesError(Exception):
    """The modules cannot be set up. The message is one line that lists the known ones."""


def discover_modules() -> dict[str, Module]:
    """Every module on disk by its name, enabled or not."""
    found: dict[str, Module] = {}
    for manifest in sorted(MODULES_DIR.glob(f"*{MODULE_SUFFIX}/module.py")):
        folder = manifest.parent.name
        module = import_module(f"app.modules.{folder}.module").module
        if f"{module.name}{MODULE_SUFFIX}" != folder:
            raise ModulesError(f"app/modules/{folder}/module.py calls itself {module.name!r}: the folder's name stands")
        found[module.name] = module
    return found


def choose_modules(known: dict[str, Module], wanted: Iterable[str]) -> list[Module]:
    """The modules to serve, each after those it depends on.

    `wanted` is the value of APPLICATION_ENABLED_MODULES: names in any case, with or without `_module`; `BASE` is all
    that are on by default; `-name` takes one out. The base module is always served.
    Raises ModulesError for an unknown name, a dependency that is left out, or a circle.
    """
    chosen = {BASE_MODULE} if BASE_MODULE in known else set()
    left_out: set[str] = set()
    for word in wanted:
        name = word.removeprefix("-").strip().lower()
        if not word.startswith("-") and name == BASE_MODULE:
            chosen |= {module.name for module in known.values() if module.on_by_default}
            continue
        name = name.removesuffix(MODULE_SUFFIX)
        if name not in known:
            raise ModulesError(f"APPLICATION_ENABLED_MODULES: there is no module {name!r}; {_known(known)}")
        (left_out if word.startswith("-") else chosen).add(name)
    return _sort({name: known[name] for name in chosen - left_out}, known)


def _sort(chosen: dict[str, Module], known: dict[str, Module]) -> list[Module]:
    for module in chosen.values():
        missing = [name for name in module.depends_on if name not in chosen]
        if missing:
            raise ModulesError(
                f"APPLICATION_ENABLED_MODULES: module {module.name!r} needs {missing[0]!r}, which is left out; "
                f"{_known(known)}"
            )
    graph = TopologicalSorter({name: sorted(module.depends_on) for name, module in sorted(chosen.items())})
    try:
        return [chosen[name] for name in graph.static_order()]
    except CycleError as error:
        circle: Sequence[str] = error.args[1]
        raise ModulesError(f"modules depend on each other in a circle: {' -> '.join(circle)}") from None


def _known(known: dict[str, Module]) -> str:
    return f"known: {', '.join(sorted(known))}"
