"""The effort of the fuzzers: few fixed examples in the gate, many random ones with `make fuzz`."""

from hypothesis import settings

from tests.fuzz.effort import LONG

settings.register_profile(LONG, print_blob=True)
