"""The number of examples that a fuzzer tries."""

from typing import Any

from hypothesis import HealthCheck, settings

LONG = "long"
"""The profile of `make fuzz`: pytest's option `--hypothesis-profile`; the seed is an option too."""
_TIMES = 30
_PATIENT = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


def effort(examples: int, **more: Any) -> settings:
    """So many examples, the same at each run; in the long form many times as many, with a seed that is printed."""
    is_long = settings.get_current_profile_name() == LONG
    return settings(
        max_examples=examples * _TIMES if is_long else examples,
        derandomize=not is_long,
        deadline=None,
        suppress_health_check=_PATIENT,
        **more,
    )
