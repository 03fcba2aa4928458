"""How the programs at the root start. It needs neither the packages nor a Python that is new enough."""

import os
import sys
from importlib import import_module
from pathlib import Path

from app.utils.err_message import stop_with

_OLDEST = (3, 11)


def launch(module: str) -> None:
    """Calls `main` of a module. Ends the process with one line where its packages are not installed."""
    if sys.version_info < _OLDEST:
        stop_with(f"this is Python {sys.version.split()[0]}; 3.11 or newer is needed: {sys.executable}")
    try:
        main = import_module(module).main
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "app":
            raise
        stop_with(
            f"the package {error.name} is not installed for {sys.executable}: `make run` makes the virtual environment "
            f".venv and installs all that is needed; then start {sys.argv[0]} with .venv/bin/python"
        )
    if sys.stdin is None:
        # Closed, as by `<&-`: questions find the end of the input.
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    main()
