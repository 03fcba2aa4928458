"""Rate limits of an application under test."""

from dataclasses import replace

from app.settings import Settings
from app.settings.limits_settings import LimitsSettings
from app.utils.own_settings import own_groups
from app.utils.setup_modules import discover_modules


def limited(settings: Settings, limits: LimitsSettings | None = None, /, **rates: str) -> Settings:
    """Returns settings with rate limits: with these rates by the names of their limits, and else the default ones."""
    own = dict(settings.own)
    core = LimitsSettings.model_fields.keys()
    for group in own_groups(discover_modules().values()):
        chosen = {name: rates[name] for name in group.model_fields.keys() & rates.keys() - core}
        if chosen:
            own[group] = group().model_copy(update=chosen)
            rates = {name: rate for name, rate in rates.items() if name not in chosen}
    limits = (limits or LimitsSettings()).model_copy(update=rates)
    assert rates.keys() <= core, "no module has these limits"
    return replace(settings, limits=limits, own=own)
