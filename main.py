"""Serves the messenger: `python main.py`."""

import signal

# Ctrl-C while a process, a worker too, is still importing just ends it: until the server takes over, with no traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from app.utils.launcher import launch  # noqa: E402 - the signal comes first

if __name__ == "__main__":
    launch("app.fastapi_engine.server")
