"""The relation of a worker process to the first process, which started it."""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

PARENT_VARIABLE = "MESSENGER_PARENT_PID"
"""An environment variable with the id of the first process. That process sets it for its workers."""

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Set by the first process if it starts several workers. prometheus_client reads it when it is imported."""

_PR_SET_PDEATHSIG = 1


def shared_metrics() -> Path | None:
    """Returns the folder in which the workers share their metrics; None if there is only one worker."""
    folder = os.environ.get(METRICS_VARIABLE)
    return Path(folder) if folder else None


def end_with_parent() -> None:
    """Makes a worker end when the first process ends, in whatever way. Does nothing in the first process itself.

    The worker is killed by SIGKILL, because it may hang. Nothing that was acknowledged is lost by that.
    """
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is None or int(parent) == os.getpid():
        return
    if sys.platform == "linux":
        # The kernel sends the signal when the parent's thread that started this worker ends. That is its main thread,
        # which lives as long as the process.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
