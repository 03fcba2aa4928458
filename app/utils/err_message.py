"""The one line that a person reads when a command cannot go on."""

import sys
from typing import NoReturn


def stop_with(message: str, code: int = 2) -> NoReturn:
    """Prints one line to stderr and ends the process."""
    sys.stderr.write(" ".join(message.split()) + "\n")
    raise SystemExit(code)
