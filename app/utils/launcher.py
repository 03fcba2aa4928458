"""Starts the programs in the project's root. It works without the packages and with an older Python."""

import os
import sys
from importlib import import_module
from pathlib import Path

from app.utils.err_message import stop_with
from app.utils.garbage import collect_rarely, not_collecting

_OLDEST = (3, 11)


def launch(module: str) -> None:
    """Calls `main` of a module. Ends the process with one line if the packages are not installed."""
    if sys.version_info < _OLDEST:
        stop_with(f"this is Python {sys.version.split()[0]}; 3.11 or newer is needed: {sys.executable}")
    collect_rarely()
    try:
        with not_collecting():
            main = import_module(module).main
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "app":
            raise
        stop_with(
            f"the package {error.name} is not installed for {sys.executable}: `make run` makes the virtual environment "
            f".venv and installs all that is needed; then start {sys.argv[0]} with .venv/bin/python"
        )
    if sys.stdin is None:
        # Standard input is closed, as by `<&-`: questions then find the end of the input.
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    main()
