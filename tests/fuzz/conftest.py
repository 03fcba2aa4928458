"""How hard the fuzzers try: little and always the same in the gate, much and ever new things with `make fuzz`."""

from hypothesis import settings

from tests.fuzz.effort import LONG

settings.register_profile(LONG, print_blob=True)
