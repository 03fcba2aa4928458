"""The settings that modules own: the groups of their manifests, and their rate limits."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from app.settings import ENV_FILE, Settings, SettingsError, SettingsGroup, load_settings, unknown_variables
from app.settings.file import UnreadableFile
from app.settings.limits_settings import RateLimit, rates_group
from app.settings.modules_settings import ModulesSettings
from app.utils.module import Module
from app.utils.setup_modules import ModulesError, choose_modules

_rates_of = cache(rates_group)


def load_all_settings(known: Mapping[str, Module], env_file: Path | None = ENV_FILE) -> Settings:
    """Reads the settings of the core and of those `known` modules that the settings enable, as `load_settings` does.

    Raises SettingsError with all problems, misspelt names among them. `choose_modules` reports modules that cannot be
    enabled.
    """
    try:
        return load_settings(env_file, _own(known))
    except SettingsError as error:
        problems = [*error.problems]
        # Where the file cannot be read, that is the problem.
        with suppress(UnreadableFile):
            problems += unknown_variables(env_file, own_groups(known.values()))
        raise SettingsError(problems) from None


def own_groups(modules: Iterable[Module]) -> Iterator[type[SettingsGroup]]:
    """Yields the groups that these modules declare, in their order. Rate limits are a group of their own."""
    for module in modules:
        if module.settings is not None:
            yield module.settings
        if limits := _limits_of(module):
            yield _rates_of(limits)


def rates_by_limit(modules: Iterable[Module], own: Mapping[type[SettingsGroup], SettingsGroup]) -> Mapping[str, str]:
    """Returns the rate of each contributed limit by its name."""
    return {
        limit.name: getattr(own[_rates_of(limits)], limit.name)
        for module in modules
        if (limits := _limits_of(module))
        for limit in limits
    }


def _limits_of(module: Module) -> tuple[RateLimit, ...]:
    return tuple(found for found in module.contributes if isinstance(found, RateLimit))


def _own(known: Mapping[str, Module]) -> Callable[[ModulesSettings], Iterable[type[SettingsGroup]]]:
    def groups(settings: ModulesSettings) -> Iterable[type[SettingsGroup]]:
        try:
            return own_groups(choose_modules(dict(known), settings.enabled_modules))
        except ModulesError:
            return ()

    return groups
