"""Starts the server: `python main.py`."""

import signal

# Ctrl-C ends the process, or a worker, without a traceback while it imports, until the server installs its handlers.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from app.utils.launcher import launch  # noqa: E402 - the signal comes first

if __name__ == "__main__":
    launch("app.fastapi_engine.server")
