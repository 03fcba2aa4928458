"""The error lines of a command that cannot continue."""

import sys
from typing import NoReturn

REFUSED = 2
"""The exit status of a process that printed what an operator has to correct."""


def stop_with(*problems: str, code: int = REFUSED) -> NoReturn:
    """Prints one line for each problem to stderr and ends the process."""
    for problem in problems:
        sys.stderr.write(" ".join(problem.split()) + "\n")
    raise SystemExit(code)
