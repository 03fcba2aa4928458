"""What a process does about the process that started it."""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

PARENT_VARIABLE = "MESSENGER_PARENT_PID"
"""Set by the first process for the workers that it starts."""

METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Set by the first process where it starts several workers; prometheus_client looks at it when it is imported."""

_PR_SET_PDEATHSIG = 1


def shared_metrics() -> Path | None:
    """The folder that the workers keep their metrics in, so that each can tell those of all; None for a lone one."""
    folder = os.environ.get(METRICS_VARIABLE)
    return Path(folder) if folder else None


def end_with_parent() -> None:
    """Lets a worker end with the first process, however that ends. Does nothing in the first process itself.

    SIGKILL, since what is left may be wedged: nothing that was acknowledged is lost by it.
    """
    parent = os.environ.get(PARENT_VARIABLE)
    if parent is None or int(parent) == os.getpid():
        return
    if sys.platform == "linux":
        # Called in the worker's main thread; its parent waits in its own main thread.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
