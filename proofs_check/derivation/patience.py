"""A limit on the time that a step may take."""

import signal
import threading
from typing import Any

SECONDS = 5.0


class OutOfTime(BaseException):
    """Not an Exception: libraries that catch all errors must not swallow it."""


class patience:
    """Raises OutOfTime in the main thread after some seconds; an inner use leaves the outer limit alone."""

    running = False

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self.ours = False

    def __enter__(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and not patience.running and hasattr(signal, "setitimer"):
            self.ours = patience.running = True
            self.before = signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        if self.ours:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self.before)
            patience.running = False

    def _ring(self, *_: Any) -> None:
        raise OutOfTime
